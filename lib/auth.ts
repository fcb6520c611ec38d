import { type BetterAuthOptions, betterAuth } from "better-auth";
import { authLogger } from "./auth-report";
import { userFields } from "./claims";
import type { createDatabase } from "./db";
import type { Env } from "./env";
import { fieldLimits } from "./field-limits";
import { storedFields } from "./stored-fields";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/**
 * What concerns the endpoints alone. A type of its own, in which nothing has a place that `createAuth` sets: a spread
 * of one object over another would drop it, and nobody would notice.
 */
export interface EndpointOptions
  extends Pick<BetterAuthOptions, "emailVerification" | "socialProviders" | "databaseHooks" | "plugins"> {
  emailAndPassword?: Omit<
    NonNullable<BetterAuthOptions["emailAndPassword"]>,
    "enabled" | "revokeSessionsOnPasswordReset" | "maxPasswordLength"
  >;
  user?: Omit<NonNullable<BetterAuthOptions["user"]>, "additionalFields">;
  onAPIError?: Pick<NonNullable<BetterAuthOptions["onAPIError"]>, "errorURL">;
  advanced?: Pick<NonNullable<BetterAuthOptions["advanced"]>, "backgroundTasks">;
}

/**
 * The Better Auth server. The edge and Node each make one over the same database; what concerns the endpoints alone
 * only Node adds, since only Node serves them.
 */
export function createAuth(
  env: Env,
  database: ReturnType<typeof createDatabase>,
  endpoints: EndpointOptions = {},
) {
  return betterAuth({
    appName: "Gatehouse",
    baseURL: env.appOrigin,
    trustedOrigins: [...env.origins],
    ...env.authOptions,
    database,
    logger: authLogger,
    // What is no refusal is thrown to whoever asked, and has one line in the log: theirs.
    onAPIError: { ...endpoints.onAPIError, throw: true },
    // In an encrypted cookie: a row for each visit of the sign-in page would let strangers fill the
    // database, and a signed cookie looks like a session token (edge/session.ts).
    account: { storeStateStrategy: "cookie" },
    emailAndPassword: {
      ...endpoints.emailAndPassword,
      enabled: true,
      revokeSessionsOnPasswordReset: true,
      maxPasswordLength: fieldLimits.password,
    },
    emailVerification: endpoints.emailVerification,
    socialProviders: endpoints.socialProviders,
    databaseHooks: endpoints.databaseHooks,
    user: { ...endpoints.user, additionalFields: userFields },
    plugins: [storedFields(userFields), ...(endpoints.plugins ?? [])],
    session: {
      expiresIn: 7 * DAY,
      updateAge: DAY,
      // Who has no password deletes the account by having signed in just now.
      freshAge: 10 * MINUTE,
      // A standard HS256 JWT, so that the edge needs nothing but jose to check it. It lives no longer than
      // the revocation bound.
      cookieCache: {
        enabled: env.sessionMaxStaleSeconds > 0,
        maxAge: env.sessionMaxStaleSeconds,
        strategy: "jwt",
      },
    },
    // lib/auth-limits.ts counts, in the same table: `storage` keeps it in the schema.
    rateLimit: { enabled: false, storage: "database" },
    advanced: {
      ...endpoints.advanced,
      // Left out, TEST=1 in the environment would switch the check of the Origin header off.
      disableOriginCheck: false,
      // Better Auth trusts x-forwarded-for unless told otherwise, and any client can send that. With no
      // header to trust, no address is known, and attempts are counted by account.
      ipAddress: { ipAddressHeaders: env.clientAddressHeader ? [env.clientAddressHeader] : [] },
      database: {
        // Session and user in one round trip.
        joins: true,
        // Checking the schema costs two more queries at each cold start; `npm run migrate` keeps it right.
        validateSchema: false,
      },
    },
  });
}

export type Auth = ReturnType<typeof createAuth>;
