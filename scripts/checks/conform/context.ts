import type { Send } from "../probe";
import type { Account, Target } from "./account";

/** The clients that the checks use: a signed-out one, and two users with throw-away accounts. */
export interface Context {
  /** Scheme, host and port of the deployment. */
  readonly origin: string;
  /** Whether the deployment uses https. */
  readonly secure: boolean;
  /** How long after a sign-out the deployment may still accept the session. Seconds. */
  readonly maxStale: number;
  /**
   * The paths of the backends that the command line names (`--path`): see `findPath` of
   * `scripts/checks/find-path.ts`.
   */
  readonly paths: readonly string[];
  /** Sends a request without a session. */
  readonly send: Send;
  readonly ada: Account;
  readonly bob: Account;
  /** A second session of Ada's from a sign-in. All checks share it. */
  readonly signInAda: () => Promise<Account>;
}

export function createContext(
  target: Target,
  ada: Account,
  bob: Account,
  paths: readonly string[] = [],
): Context {
  let again: Promise<Account> | undefined;
  return {
    origin: target.origin,
    secure: target.origin.startsWith("https:"),
    maxStale: target.maxStale,
    paths,
    send: target.send,
    ada,
    bob,
    signInAda() {
      again ??= ada.signInAgain();
      return again;
    },
  };
}
