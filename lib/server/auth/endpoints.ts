import "server-only";
import { ownValue } from "../../own-value";

/**
 * The endpoints of Better Auth that this app serves, as data for
 * `lib/server/auth/request-guard.ts` and `lib/server/auth/rate-limits.ts`. Every other request
 * below `/api/auth` is refused before it is counted, stored or passed to Better Auth. A plugin that
 * adds endpoints needs a line here for each of them.
 * `tests/quick/lib/server/endpoints.test.ts` lists the endpoints that are left out on purpose.
 */

/** A path as Better Auth names it. `:name` matches one segment. */
type EndpointPath = `/${string}`;

export interface AuthEndpoint {
  readonly method: "GET" | "POST";
  /** The limits that apply to the endpoint. A request is refused if any of them is used up. */
  readonly limits?: readonly LimitName[];
  /**
   * Only a few requests that hash a password run at the same time
   * (lib/server/auth/call-better-auth.ts).
   */
  readonly hashesPassword?: true;
  /**
   * Only programs can call it: a request with Fetch Metadata is refused. Its response can contain a
   * token, which other endpoints never return.
   */
  readonly forPrograms?: true;
  /** If set, the endpoint is served only if this part of the configuration is set. */
  readonly needs?: "providers" | "oauthProxy" | "tokenEndpoint" | "organizations";
}

export interface Limit {
  /**
   * How a request names its account: a field of its body, the user of its session, or the token of
   * a link. `none`: counted by client address only.
   */
  readonly account: "email" | "newEmail" | "session" | "link" | "none";
  /** Attempts per minute for one account. */
  readonly perAccount: number;
  /**
   * Attempts per minute for one account, from all addresses together. Used instead of `perAccount`
   * if the client's address is known. Because it is larger than `perAddress`, a single address
   * cannot use up the attempts of an account.
   */
  readonly perAccountAllAddresses?: number;
  /** Attempts per minute for one client address, or for one IPv6 /64. */
  readonly perAddress: number;
  /**
   * Attempts per minute for all callers with an unknown address together. For endpoints that store
   * a row for each new email.
   */
  readonly allUnknownAddresses?: number;
  /** `failures`: an attempt that succeeds is removed from the count. */
  readonly counts: "failures" | "all";
}

/**
 * Seconds. A window starts with the first attempt and has this fixed length. Later attempts do not
 * extend it.
 */
export const WINDOW_SECONDS = 60;

export const limits = {
  /** A password, from a visitor who is signed out. */
  signIn: {
    account: "email",
    perAccount: 20,
    perAccountAllAddresses: 60,
    perAddress: 20,
    counts: "failures",
  },
  /** A new account, and an email to an address that the caller chooses. */
  signUp: { account: "email", perAccount: 20, perAddress: 20, allUnknownAddresses: 100, counts: "all" },
  /** A device sign-in that a program starts. Each stores a row. */
  deviceCode: { account: "none", perAccount: 0, perAddress: 20, allUnknownAddresses: 100, counts: "all" },
  /** A program checks whether the user has approved: one program, 12 times a minute. */
  deviceToken: { account: "none", perAccount: 0, perAddress: 240, counts: "all" },
  /** A user code that a signed-in user enters, approves or denies. */
  userCode: { account: "session", perAccount: 10, perAddress: 60, counts: "all" },
  /** A password, from a signed-in user. All endpoints that take the password share one count. */
  password: { account: "session", perAccount: 10, perAddress: 60, counts: "failures" },
  /** An email to the user's own address. */
  ownMail: { account: "session", perAccount: 10, perAddress: 60, counts: "all" },
  /** An email to an address that the caller chooses. */
  mail: { account: "email", perAccount: 10, perAddress: 20, counts: "all" },
  newAddressMail: { account: "newEmail", perAccount: 10, perAddress: 60, counts: "all" },
  /** A new organisation or invitation. Each stores a row. */
  organization: { account: "session", perAccount: 20, perAddress: 60, counts: "all" },
  /** The token of a link in an email. */
  link: { account: "link", perAccount: 20, perAddress: 60, counts: "failures" },
  /**
   * Sign-in through another site. Each request starts a sign-in, or makes a request to the other
   * site.
   */
  otherSite: { account: "none", perAccount: 0, perAddress: 60, counts: "all" },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;

export const authEndpoints: Readonly<Record<EndpointPath, AuthEndpoint>> = {
  "/sign-in/email": { method: "POST", limits: ["signIn"], hashesPassword: true },
  "/sign-up/email": { method: "POST", limits: ["signUp"], hashesPassword: true },
  "/sign-out": { method: "POST" },
  "/get-session": { method: "GET" },
  "/token": { method: "GET", needs: "tokenEndpoint", forPrograms: true },

  "/sign-in/social": { method: "POST", limits: ["otherSite"], needs: "providers" },
  // Only GET. Some providers, such as Apple, send their response by POST. That is a cross-site
  // request, which would need a separate rule.
  "/callback/:id": { method: "GET", limits: ["otherSite"], needs: "providers" },

  // Only on a preview. In production a person with the secret of the proxy could sign in here as
  // any user.
  "/callback/:id/oauth-proxy": { method: "GET", limits: ["otherSite"], needs: "oauthProxy" },

  "/request-password-reset": { method: "POST", limits: ["mail"] },
  "/reset-password/:token": { method: "GET", limits: ["link"] },
  "/reset-password": { method: "POST", limits: ["link"], hashesPassword: true },
  "/send-verification-email": { method: "POST", limits: ["ownMail"] },
  "/verify-email": { method: "GET", limits: ["link"] },

  "/update-user": { method: "POST" },
  "/change-email": { method: "POST", limits: ["password", "ownMail", "newAddressMail"] },
  "/change-password": { method: "POST", limits: ["password"], hashesPassword: true },
  "/verify-password": { method: "POST", limits: ["password"], hashesPassword: true },
  "/delete-user": { method: "POST", limits: ["password"] },

  "/device/code": { method: "POST", limits: ["deviceCode"], forPrograms: true },
  "/device/token": { method: "POST", limits: ["deviceToken"], forPrograms: true },
  "/device": { method: "GET", limits: ["userCode"] },
  "/device/approve": { method: "POST", limits: ["userCode"] },
  "/device/deny": { method: "POST", limits: ["userCode"] },

  "/api-key/list": { method: "GET" },
  "/api-key/create": { method: "POST", limits: ["password"], hashesPassword: true },
  "/api-key/revoke": { method: "POST" },

  "/list-sessions": { method: "GET" },
  "/revoke-session-by-id": { method: "POST" },
  "/revoke-sessions": { method: "POST" },
  "/revoke-other-sessions": { method: "POST" },

  "/organization/create": { method: "POST", limits: ["organization"], needs: "organizations" },
  "/organization/update": { method: "POST", needs: "organizations" },
  "/organization/delete": { method: "POST", needs: "organizations" },
  "/organization/check-slug": { method: "POST", needs: "organizations" },
  "/organization/set-active": { method: "POST", needs: "organizations" },
  "/organization/list": { method: "GET", needs: "organizations" },
  "/organization/get-organization": { method: "GET", needs: "organizations" },
  "/organization/get-full-organization": { method: "GET", needs: "organizations" },
  "/organization/invite-member": { method: "POST", limits: ["organization"], needs: "organizations" },
  "/organization/accept-invitation": { method: "POST", needs: "organizations" },
  "/organization/reject-invitation": { method: "POST", needs: "organizations" },
  "/organization/cancel-invitation": { method: "POST", needs: "organizations" },
  "/organization/get-invitation": { method: "GET", needs: "organizations" },
  "/organization/list-invitations": { method: "GET", needs: "organizations" },
  "/organization/list-user-invitations": { method: "GET", needs: "organizations" },
  "/organization/list-members": { method: "GET", needs: "organizations" },
  "/organization/remove-member": { method: "POST", needs: "organizations" },
  "/organization/update-member-role": { method: "POST", needs: "organizations" },
  "/organization/leave": { method: "POST", needs: "organizations" },
  "/organization/get-active-member": { method: "GET", needs: "organizations" },
  "/organization/get-active-member-role": { method: "GET", needs: "organizations" },
  "/organization/has-permission": { method: "POST", needs: "organizations" },

  // Better Auth redirects an invalid link here. This endpoint redirects to the sign-in page
  // (`onAPIError.errorURL`).
  "/error": { method: "GET" },
};

/** The names of the limits of an endpoint. Empty for a path that is not served. */
export function limitsOf(path: string | undefined): readonly LimitName[] {
  return (path !== undefined && endpointAt(path)?.limits) || [];
}

/** The endpoint at a path as Better Auth names it. */
export function endpointAt(path: string): AuthEndpoint | undefined {
  return ownValue<AuthEndpoint>(authEndpoints, path);
}
