import { ownValue } from "./own-value";

/** What programs can do, as data. `docs/programs.md` explains both lists. */

/**
 * The scopes that an API key can have, and what the page of keys says about them. FastAPI checks
 * them with `RequireScope`. A name has the characters of RFC 6749 §3.3.
 */
export const keyScopes: Readonly<Record<string, string>> = {
  "tasks:read": "Read your tasks",
  "tasks:write": "Add, change and delete your tasks",
};

/**
 * The programs that can ask a user to sign them in (RFC 8628), by `client_id`, and the name that the
 * user sees. Anyone can send the id of a program, so the name proves nothing.
 */
export const deviceClients: Readonly<Record<string, string>> = {
  "gatehouse-cli": "Gatehouse CLI",
};

/** The name of a program. Undefined: the list has no such program. */
export function nameOfClient(id: string): string | undefined {
  return ownValue(deviceClients, id);
}
