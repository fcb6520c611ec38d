import "server-only";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { authBasePath } from "../../auth/auth-path";
import { fieldLimits } from "../../auth/field-limits";
import { sessionLifetime } from "../../auth/session-lifetime";
import type { Env } from "../../env";
import { organizations } from "../../organizations";
import { userFields } from "../../token/claims";
import { apiKeys } from "./api-keys";
import type { createDatabase } from "./database";
import { deviceSignIn } from "./device-sign-in";
import { authLogger } from "./logger";
import { organizationPlugins } from "./organizations";
import { storedFields } from "./stored-fields";

type Group<Name extends keyof BetterAuthOptions> = NonNullable<BetterAuthOptions[Name]>;

/**
 * What only the app adds, because only it serves the endpoints. Each name has one place in
 * Better Auth's options, so it cannot replace an option that both instances must have.
 */
export interface EndpointOptions {
  readonly resetPasswordTokenExpiresIn?: Group<"emailAndPassword">["resetPasswordTokenExpiresIn"];
  readonly sendResetPassword?: Group<"emailAndPassword">["sendResetPassword"];
  readonly onPasswordReset?: Group<"emailAndPassword">["onPasswordReset"];
  readonly emailVerification?: Group<"emailVerification">;
  readonly changeEmail?: Group<"user">["changeEmail"];
  readonly deleteUser?: Group<"user">["deleteUser"];
  readonly socialProviders?: Group<"socialProviders">;
  readonly accountHooks?: Group<"databaseHooks">["account"];
  readonly errorURL?: string;
  readonly backgroundTasks?: Group<"advanced">["backgroundTasks"];
  readonly plugins?: Group<"plugins">;
}

/**
 * Creates a Better Auth instance. The app and the scripts each create one over the same database.
 * Only the app adds `endpoints`.
 */
export function createAuth(
  env: Env,
  database: ReturnType<typeof createDatabase>,
  endpoints: EndpointOptions = {},
) {
  return betterAuth({
    appName: "Gatehouse",
    baseURL: env.appOrigin,
    basePath: authBasePath,
    trustedOrigins: [...env.origins],
    secret: env.authOptions.secret,
    secrets: env.authOptions.secrets,
    database,
    logger: authLogger,
    onAPIError: {
      // An error that is not a refusal is thrown to the caller of Better Auth, which writes the one
      // log line for it.
      throw: true,
      errorURL: endpoints.errorURL,
    },
    // An encrypted cookie holds the state of a sign-in through another site. If the database held
    // it, any client could fill the database by starting sign-ins. If a signed cookie held it, its
    // value would look like a session token (edge/session/reader.ts).
    account: { storeStateStrategy: "cookie" },
    emailAndPassword: {
      enabled: true,
      revokeSessionsOnPasswordReset: true,
      maxPasswordLength: fieldLimits.password,
      resetPasswordTokenExpiresIn: endpoints.resetPasswordTokenExpiresIn,
      sendResetPassword: endpoints.sendResetPassword,
      onPasswordReset: endpoints.onPasswordReset,
    },
    emailVerification: endpoints.emailVerification,
    socialProviders: endpoints.socialProviders,
    databaseHooks: { account: endpoints.accountHooks },
    user: {
      additionalFields: userFields,
      changeEmail: endpoints.changeEmail,
      deleteUser: endpoints.deleteUser,
    },
    // The scripts need the first plugins as well: `npm run migrate` creates their tables.
    plugins: [
      storedFields(userFields),
      apiKeys(),
      ...deviceSignIn(),
      ...(organizations ? organizationPlugins() : []),
      ...(endpoints.plugins ?? []),
    ],
    session: {
      expiresIn: sessionLifetime.expiresIn,
      updateAge: sessionLifetime.updateAge,
      freshAge: sessionLifetime.freshAge,
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
    // lib/server/auth/rate-limits.ts counts the attempts, in the same table. `storage` keeps that
    // table in the schema.
    rateLimit: { enabled: false, storage: "database" },
    advanced: {
      backgroundTasks: endpoints.backgroundTasks,
      // Without this line, TEST=1 in the environment would turn off the check of the Origin header.
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
