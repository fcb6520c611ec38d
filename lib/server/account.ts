import "server-only";
import { type ApiKeyRecord, listApiKeys } from "./auth/api-keys";
import { auth } from "./auth/instance";
import type { PageSession } from "./page-session";

/** What the account page shows. It contains no token. */
export interface Account {
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly hasPassword: boolean;
  /** Ids of the other sites that can sign in to this account, such as `github`. */
  readonly providers: readonly string[];
  /** The current device first, then the most recently used. */
  readonly devices: readonly Device[];
}

export interface Device {
  /** The session's id, not its token. */
  readonly id: string;
  readonly userAgent: string;
  /** Accurate to one day: see `updateAge` in lib/auth/session-lifetime.ts. */
  readonly lastUsed: Date;
  readonly isThis: boolean;
}

/**
 * Reads the visitor's account from the database, because the session's own copy can be out of date
 * by up to `SESSION_MAX_STALE_SECONDS`. Better Auth's `list-sessions` is not used: it refuses a
 * session that is older than `freshAge` (lib/auth/session-lifetime.ts). Null if the user no longer
 * exists.
 */
export async function readAccount({ user, session }: PageSession): Promise<Account | null> {
  const { internalAdapter } = await auth.$context;
  const [found, accounts, sessions] = await Promise.all([
    internalAdapter.findUserById(user.id),
    internalAdapter.findAccounts(user.id),
    internalAdapter.listSessions(user.id, { onlyActiveSessions: true }),
  ]);
  if (!found) return null;
  const devices = sessions.map(({ id, userAgent, updatedAt }) => ({
    id,
    userAgent: userAgent ?? "",
    lastUsed: updatedAt,
    isThis: id === session.id,
  }));
  return {
    name: found.name,
    email: found.email,
    emailVerified: found.emailVerified,
    hasPassword: accounts.some(({ password }) => password),
    providers: accounts.map(({ providerId }) => providerId).filter((id) => id !== "credential"),
    devices: devices.sort(
      (one, other) =>
        Number(other.isThis) - Number(one.isThis) || other.lastUsed.getTime() - one.lastUsed.getTime(),
    ),
  };
}

/** The API keys of the visitor, newest first. They do not contain the keys themselves. */
export async function readApiKeys({ user }: PageSession): Promise<readonly ApiKeyRecord[]> {
  const { adapter } = await auth.$context;
  return listApiKeys(adapter, user.id);
}
