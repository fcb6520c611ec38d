import { isRecent } from "../../lib/is-recent";
import type { Identity } from "../../lib/token/contract";

/**
 * A session that the store has confirmed, or what a program's credential stands for. Times in
 * milliseconds since the epoch.
 */
export interface KnownSession {
  readonly identity: Identity;
  readonly expiresAt: number;
  /** When the store was read. The age of a kept session counts from here. */
  readonly verifiedAt: number;
  /** The gate's own JWT, if the program has sent one. The backend receives it as it is. */
  readonly jwt?: string;
}

/** Whether a session can be used at `now` without another lookup. `maxStale`: milliseconds. */
export function isTrusted(session: KnownSession, now: number, maxStale: number): boolean {
  return isRecent(session.verifiedAt, now, maxStale) && now < session.expiresAt;
}

/**
 * The result of a session lookup.
 *
 * `unreachable`: the store failed, so it is not known whether there is a session. `invalid`: a
 * program's credential is not valid. `none` is for requests without one.
 */
export type SessionResult =
  | {
      readonly state: "active";
      readonly session: KnownSession;
      readonly source: "memory" | "cookie" | "store";
      /** `Set-Cookie` values for the browser. */
      readonly setCookies: readonly string[];
    }
  | { readonly state: "none"; readonly setCookies: readonly string[] }
  | { readonly state: "invalid"; readonly setCookies: readonly [] }
  | { readonly state: "unreachable"; readonly error: unknown };

/** For a credential that is not valid. */
export const INVALID: SessionResult = { state: "invalid", setCookies: [] };
