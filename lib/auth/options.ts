import { type BetterAuthOptions, betterAuth } from "better-auth";
import type { Env } from "../env";
import { userFields } from "../token/claims";
import type { createDatabase } from "./database";
import { fieldLimits } from "./field-limits";
import { authLogger } from "./logger";
import { storedFields } from "./stored-fields";

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/**
 * Options that only the endpoints need. This separate type excludes every option that `createAuth`
 * sets itself. Otherwise spreading one object over another would silently drop an option.
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
 * Creates the Better Auth server. The edge and Node each create one over the same database. Only
 * Node adds `endpoints`, because only Node serves the endpoints.
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
    // An error that is not a refusal is thrown to the caller of Better Auth, which writes the one
    // log line for it.
    onAPIError: { ...endpoints.onAPIError, throw: true },
    // An encrypted cookie. With rows in the database, strangers could fill it by starting sign-ins,
    // and a signed cookie would look like a session token (edge/session/reader.ts).
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
      // A user without a password can delete the account only shortly after signing in.
      freshAge: 10 * MINUTE,
      // A standard HS256 JWT, so that the edge can verify it with jose alone. It expires after
      // `sessionMaxStaleSeconds`. The cache of a "do not remember me" session expires after 300
      // seconds, whatever `maxAge` is: its readers also check its age (edge/session/reader.ts,
      // lib/server/auth/cookie-cache-header.ts).
      cookieCache: {
        enabled: env.sessionMaxStaleSeconds > 0,
        maxAge: env.sessionMaxStaleSeconds,
        strategy: "jwt",
      },
    },
    // lib/server/auth/rate-limits.ts does the counting, in the same table. `storage` keeps that table in the
    // schema.
    rateLimit: { enabled: false, storage: "database" },
    advanced: {
      ...endpoints.advanced,
      // If this were not set, TEST=1 in the environment would turn off the check of the Origin
      // header.
      disableOriginCheck: false,
      // Attack: by default Better Auth trusts x-forwarded-for, which any client can set to get
      // around the limits. Defence: only the configured header is trusted. Without one, the address
      // is unknown in production (Better Auth uses 127.0.0.1 in development and tests), and
      // attempts are counted by account.
      ipAddress: { ipAddressHeaders: env.clientAddressHeader ? [env.clientAddressHeader] : [] },
      database: {
        // Reads session and user in one round trip.
        joins: true,
        // A check of the schema takes two more queries at each cold start. `npm run migrate` keeps
        // the schema up to date.
        validateSchema: false,
      },
    },
  });
}

export type Auth = ReturnType<typeof createAuth>;
