import "server-only";
import type { BetterAuthPlugin } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";

/** The parameters in which Better Auth takes an address of this app to send the browser to. */
const NAMES = ["callbackURL", "errorCallbackURL", "newUserCallbackURL", "redirectTo"];

const MAX_LENGTH = 2_048;

/**
 * RFC 3986 §2: an address consists of visible ASCII characters. A `Location` header can contain
 * nothing else.
 */
const ADDRESS = /^[\x21-\x7e]*$/;

/**
 * Refuses addresses that cannot be the value of a `Location` header. Better Auth sets that header
 * only after it has done its work, and then fails.
 */
export function onwardAddresses() {
  return {
    id: "onward-addresses",
    hooks: {
      before: [
        {
          matcher: () => true,
          handler: createAuthMiddleware(async ({ body, query }) => {
            for (const values of [body, query]) checkAddresses(values);
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

/** @throws {APIError} 400 with the field and its limit */
function checkAddresses(values: Readonly<Record<string, unknown>> | undefined): void {
  for (const field of NAMES) {
    const value = values?.[field];
    if (typeof value !== "string" || (value.length <= MAX_LENGTH && ADDRESS.test(value))) continue;
    const message = `The field ${field} is an address of at most ${MAX_LENGTH} visible ASCII characters.`;
    throw new APIError("BAD_REQUEST", { code: "INVALID_ADDRESS", message, field, limit: MAX_LENGTH });
  }
}
