import { auth } from "./auth-server";
import type { PageSession } from "./session";

/** What the account page shows. No token is in it. */
export interface Account {
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly hasPassword: boolean;
  /** Ids of the other sites that open this account, such as `github`. */
  readonly providers: readonly string[];
  /** This one first, then the latest used. */
  readonly devices: readonly Device[];
}

export interface Device {
  /** The session's id, which is not its token. */
  readonly id: string;
  readonly userAgent: string;
  /** To the day: Better Auth's `updateAge` in lib/auth.ts. */
  readonly lastUsed: Date;
  readonly isThis: boolean;
}

/**
 * Reads the visitor's account from the database: the session's own copy may be as old as the revocation bound. Better
 * Auth's `list-sessions` will not do, which refuses a session of more than a few minutes.
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
