import "server-only";
import type { Attempt, AttemptCounter } from "./attempt-counter";
import { readAddress, readEmail, readLinkToken, readSessionUser } from "./attempt-keys";
import { type Limit, limits, limitsOf } from "./endpoints";
import type { HookContext } from "./plugin-hooks";
import { tooManyAttempts } from "./too-many-attempts";

/**
 * Applies the limits of an endpoint to a request.
 * @param hash makes the keys of the counts
 * @param findKnownBrowser the id of a browser that has signed in to this account before
 */
export function createAttemptLimiter(
  counter: AttemptCounter,
  hash: (...parts: readonly string[]) => string,
  findKnownBrowser: (context: HookContext) => Promise<string | undefined>,
) {
  /** Attempts that are removed from the count if the request succeeds. */
  const failuresOnly = new WeakMap<Request, Attempt[]>();
  /** The id of the user whose password a reset link is for. */
  const resetUsers = new WeakMap<Request, string>();

  /** @throws {APIError} 429 if a limit is used up */
  async function countAttempt(context: HookContext, request: Request): Promise<void> {
    const sessionUser = await readSessionUser(context);
    for (const name of limitsOf(context.path)) {
      const limit: Limit = limits[name];
      // Without a session the endpoint refuses the request at once, so nothing can be guessed.
      if (limit.account === "session" && sessionUser === undefined) return;
      const count = async (key: readonly string[], max: number) => {
        const attempt = await counter.count(hash(...key), max);
        if (!attempt.allowed) throw tooManyAttempts(attempt, context, request);
        if (limit.counts === "failures") {
          failuresOnly.set(request, [...(failuresOnly.get(request) ?? []), attempt]);
        }
      };

      const browser = name === "signIn" ? await findKnownBrowser(context) : undefined;
      if (browser !== undefined) {
        await count(["known", browser], limit.perAccount);
        continue;
      }
      // The limit of the address is checked first: an attempt that it refuses does not count
      // against the account.
      const address = readAddress(request.headers, context.context.options);
      if (address !== null) await count([name, "address", address], limit.perAddress);
      else if (limit.allUnknownAddresses !== undefined) {
        await count([name, "total"], limit.allUnknownAddresses);
      }
      const account = await readAccount(limit, sessionUser, context, request);
      if (account === undefined) continue;
      const max = (address !== null && limit.perAccountAllAddresses) || limit.perAccount;
      await count([name, "account", account], max);
    }
  }

  async function readAccount(
    { account }: Limit,
    sessionUser: string | undefined,
    context: HookContext,
    request: Request,
  ): Promise<string | undefined> {
    switch (account) {
      case "email":
      case "newEmail":
        return readEmail(context.body?.[account]);
      case "session":
        return sessionUser;
      case "link": {
        const token = readLinkToken(context);
        if (token === undefined || !context.path.startsWith("/reset-password")) return token;
        const found = await context.context.internalAdapter.findVerificationValue(`reset-password:${token}`);
        if (found) resetUsers.set(request, found.value);
        return found?.value ?? token;
      }
      case "none":
        return undefined;
      default:
        account satisfies never;
        return undefined;
    }
  }

  return {
    countAttempt,

    /** Removes a successful request from the limits that count failures only. */
    async takeBackFailures(request: Request): Promise<void> {
      for (const attempt of failuresOnly.get(request) ?? []) await counter.takeBack(attempt);
    },

    /** The id of the user whose password the reset link of this request is for. */
    userOfResetLink: (request: Request): string | undefined => resetUsers.get(request),
  };
}
