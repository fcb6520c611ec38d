/**
 * The endpoints of Better Auth that this app serves: data for `lib/auth-guard.ts` and `lib/auth-limits.ts`. Everything
 * else below `/api/auth` is refused before it is counted, stored or handed to Better Auth. A plugin that brings
 * endpoints needs a line here for each. `tests/unit/auth-endpoints.test.ts` names those that are left out on purpose.
 */

/** Better Auth's path. `:name` stands for one segment. */
type EndpointPath = `/${string}`;

export interface AuthEndpoint {
  readonly method: "GET" | "POST";
  /** What the endpoint is counted by. Each of these must have attempts left. */
  readonly limits?: readonly LimitName[];
  /** Hashes a password. Only a few of these requests run at the same time (lib/turns.ts). */
  readonly isSlow?: true;
  /** Served only where this part of the configuration is set. */
  readonly needs?: "providers" | "tokenEndpoint";
}

export interface Limit {
  /**
   * What a request names as its account: a field of its body, the user of its session, or the token of a link.
   * `none`: counted by the client's address alone.
   */
  readonly account: "email" | "newEmail" | "session" | "link" | "none";
  /** Attempts a minute for one account. */
  readonly perAccount: number;
  /**
   * Attempts a minute for one account, from all addresses together, while the client's address is known. Without it
   * `perAccount` holds. With it one address that has reached `perAddress` cannot use up the account's attempts.
   */
  readonly perAccountOverall?: number;
  /** Attempts a minute for one client address, or one IPv6 /64. */
  readonly perAddress: number;
  /** Attempts a minute for all callers whose address is unknown. For what stores a row for each new email. */
  readonly inTotal?: number;
  /** `failures`: an attempt that succeeds is taken off the count again. */
  readonly counts: "failures" | "all";
}

/** Seconds. A window begins with the first attempt and ends this much later, however many attempts follow. */
export const WINDOW_SECONDS = 60;

export const limits = {
  /** A password, by somebody who is signed out. */
  signIn: { account: "email", perAccount: 20, perAccountOverall: 60, perAddress: 20, counts: "failures" },
  /** A new account, and an email to an address that anybody can name. */
  signUp: { account: "email", perAccount: 20, perAddress: 20, inTotal: 100, counts: "all" },
  /** A password, by somebody who is signed in. One count for all the endpoints that take it. */
  password: { account: "session", perAccount: 10, perAddress: 60, counts: "failures" },
  /** An email to the user's own address. */
  ownMail: { account: "session", perAccount: 10, perAddress: 60, counts: "all" },
  /** An email to an address that the caller names. */
  mail: { account: "email", perAccount: 10, perAddress: 20, counts: "all" },
  newAddressMail: { account: "newEmail", perAccount: 10, perAddress: 60, counts: "all" },
  /** The token of a link in an email. */
  link: { account: "link", perAccount: 20, perAddress: 60, counts: "failures" },
  /** Sign-in through another site: each call starts one, or asks the other site about one. */
  otherSite: { account: "none", perAccount: 0, perAddress: 60, counts: "all" },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;

export const authEndpoints: Readonly<Record<EndpointPath, AuthEndpoint>> = {
  "/sign-in/email": { method: "POST", limits: ["signIn"], isSlow: true },
  "/sign-up/email": { method: "POST", limits: ["signUp"], isSlow: true },
  "/sign-out": { method: "POST" },
  "/get-session": { method: "GET" },
  "/token": { method: "GET", needs: "tokenEndpoint" },

  "/sign-in/social": { method: "POST", limits: ["otherSite"], needs: "providers" },
  // GET alone: a provider that posts its response (Apple) does so across sites, which needs a rule of its own.
  "/callback/:id": { method: "GET", limits: ["otherSite"], needs: "providers" },

  "/request-password-reset": { method: "POST", limits: ["mail"] },
  "/reset-password/:token": { method: "GET", limits: ["link"] },
  "/reset-password": { method: "POST", limits: ["link"], isSlow: true },
  "/send-verification-email": { method: "POST", limits: ["ownMail"] },
  "/verify-email": { method: "GET", limits: ["link"] },

  "/update-user": { method: "POST" },
  "/change-email": { method: "POST", limits: ["password", "ownMail", "newAddressMail"] },
  "/change-password": { method: "POST", limits: ["password"], isSlow: true },
  "/verify-password": { method: "POST", limits: ["password"], isSlow: true },
  "/delete-user": { method: "POST", limits: ["password"] },

  "/list-sessions": { method: "GET" },
  "/revoke-session-by-id": { method: "POST" },
  "/revoke-sessions": { method: "POST" },
  "/revoke-other-sessions": { method: "POST" },

  // Better Auth sends a broken link here, and this sends it on to the sign-in page (`onAPIError.errorURL`).
  "/error": { method: "GET" },
};
