import { matchesPattern } from "../lib/route-patterns";
import type { Requirement } from "../lib/routes";
import { hasOrgRole, hasRole, type Identity, LEEWAY_SECONDS } from "../lib/token/contract";
import { readingsOf } from "./path-readings";

/** A condition that a session does not meet, as the response names it (`required`). */
export type Unmet =
  /** One of these roles, as the rule has them. */
  | { readonly role: string | readonly string[] }
  /** The same in the active organisation. */
  | { readonly org_role: string | readonly string[] }
  | { readonly verified_email: true }
  /** Seconds since the sign-in, at most (RFC 9470 §3). */
  | { readonly max_age: number };

/**
 * The first condition that the session does not meet at this path, or undefined. A missing role
 * comes before a sign-in that is too old: signing in again would not help.
 *
 * @param now returns seconds since the epoch
 */
export type FindUnmet = (pathname: string, identity: Identity, now: () => number) => Unmet | undefined;

/**
 * Creates the function that compares sessions with the rules. Undefined: there are no rules, and
 * requests do nothing for them.
 */
export function createRequirements(rules: readonly Requirement[]): FindUnmet | undefined {
  if (rules.length === 0) return undefined;
  const conditions: { path: string; required: Unmet }[] = [
    ...rules.flatMap(({ path, role }) => (role === undefined ? [] : [{ path, required: { role } }])),
    ...rules.flatMap(({ path, orgRole }) =>
      orgRole === undefined ? [] : [{ path, required: { org_role: orgRole } }],
    ),
    ...rules.flatMap(({ path, verifiedEmail }) =>
      verifiedEmail ? [{ path, required: { verified_email: true as const } }] : [],
    ),
    ...rules.flatMap(({ path, withinSeconds }) =>
      withinSeconds === undefined ? [] : [{ path, required: { max_age: withinSeconds } }],
    ),
  ];

  return function findUnmet(pathname, identity, now) {
    const readings = readingsOf(pathname);
    return conditions.find(
      ({ path, required }) =>
        readings.some((reading) => matchesPattern(reading, path)) && !meets(identity, required, now),
    )?.required;
  };
}

function meets(identity: Identity, required: Unmet, now: () => number): boolean {
  if ("role" in required) return hasRole(identity, [required.role].flat());
  if ("org_role" in required) return hasOrgRole(identity, [required.org_role].flat());
  if ("verified_email" in required) return identity.emailVerified === true;
  if (identity.authTime === undefined) return false;
  // A time that is far in the future would be recent for ever.
  const age = now() - identity.authTime;
  return -LEEWAY_SECONDS <= age && age <= required.max_age;
}
