import type { Identity } from "../../lib/token/contract";

/** `unreachable`: the store failed, so it is not known whether there is a session. */
export type SessionState = "active" | "none" | "unreachable";

/** A session that the store has confirmed. Times in milliseconds since the epoch. */
export interface KnownSession {
  readonly identity: Identity;
  readonly expiresAt: number;
  /** When the store was read. The age of a kept session counts from here. */
  readonly verifiedAt: number;
}

/** The result of a session lookup. */
export type SessionResult =
  | {
      readonly state: "active";
      readonly session: KnownSession;
      readonly source: "memory" | "cookie" | "store";
      /** `Set-Cookie` values for the browser. */
      readonly setCookies: readonly string[];
    }
  | { readonly state: "none"; readonly setCookies: readonly string[] }
  | { readonly state: "unreachable"; readonly error: unknown };
