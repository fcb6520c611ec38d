import "server-only";

/**
 * A database hook for the table `account`. This app does not use the tokens of the sites that users
 * sign in with. A token that is not stored cannot be stolen.
 */
export async function withoutProviderTokens(account: Record<string, unknown>) {
  return { data: { ...account, accessToken: null, refreshToken: null, idToken: null } };
}
