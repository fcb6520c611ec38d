import "server-only";
import { after } from "next/server";
import { readBackend } from "../../backends";
import { withBasePath } from "../../base-path";
import { loadEnv } from "../../env";
import { loginPath } from "../../redirect-target";
import { routes } from "../../routes";
import type { Organization } from "../../token/contract";
import { createMinter } from "../../token/mint";
import { computeProgramTokenTtl } from "../../token/token-life";
import { createMailer } from "../mail/mail";
import { accountRules } from "./account-rules";
import { createAttemptCounter } from "./attempt-counter";
import { changeEmailLinks } from "./change-email-links";
import { createAuth } from "./create-auth";
import { createDatabase, createQuery } from "./database";
import { noteDatabaseFailure } from "./database-failures";
import { createEmailCallbacks, LINK_LIFE_SECONDS } from "./email-callbacks";
import { createCredentials } from "./ended-credentials";
import { throwMailFailure } from "./mail-failure";
import { readMembership, type SessionOfMember } from "./membership";
import { oauthProxy } from "./oauth-proxy";
import { onwardAddresses } from "./onward-addresses";
import { withoutProviderTokens } from "./provider-tokens";
import { rateLimits } from "./rate-limits";
import { revocation } from "./revocation";
import { singleUseLinks } from "./single-use-links";
import { tokenEndpoint } from "./token-endpoint";
import { createUserDeletion, type StoredSession } from "./user-deletion";

const env = loadEnv();
const backends = routes.backends.map((backend) => readBackend(backend, env));
const [currentSecret = ""] = env.authSecrets;

const query = createQuery(env, noteDatabaseFailure);
const counter = createAttemptCounter(query);
const credentials = createCredentials(query);

const mailer = createMailer(env);
const emails = createEmailCallbacks(mailer);
const minters = new Map(
  backends.map(({ prefix, jwt }) => [prefix, createMinter(jwt, () => crypto.randomUUID())]),
);
// A deletion that fails has a response of its own, so its database errors are not noted.
const deleteUser = createUserDeletion(backends, createQuery(env), readStoredSession);

/**
 * For `GET /api/auth/token`. Nothing checks the session while such a token is valid, so its
 * lifetime is limited by `SESSION_MAX_STALE_SECONDS`.
 */
const programTokenTtl = computeProgramTokenTtl({
  ttlSeconds: env.jwt.ttlSeconds,
  maxStaleSeconds: env.sessionMaxStaleSeconds,
});

/** Better Auth as the Node server runs it. */
export const auth = createAuth(env, createDatabase(env, noteDatabaseFailure), {
  resetPasswordTokenExpiresIn: LINK_LIFE_SECONDS,
  sendResetPassword: emails.sendResetPassword,
  onPasswordReset: async ({ user }) => {
    await credentials.endAll(user.id);
  },
  emailVerification: {
    // Without a mail server, a sign-up sends no email.
    sendOnSignUp: mailer.isConfigured,
    expiresIn: LINK_LIFE_SECONDS,
    sendVerificationEmail: emails.sendVerificationEmail,
  },
  changeEmail: { enabled: true, sendChangeEmailConfirmation: emails.sendChangeEmailConfirmation },
  deleteUser: { enabled: true, beforeDelete: ({ id }, request) => deleteUser(id, request) },
  socialProviders: env.providers,
  accountHooks: { create: { before: withoutProviderTokens }, update: { before: withoutProviderTokens } },
  errorURL: env.appOrigin + withBasePath(loginPath("/", routes), routes),
  // Attack: the response time could reveal whether an account exists, because only an existing
  // account gets an email. Defence: `after` sends the email once the response is finished.
  backgroundTasks: { handler: after },
  plugins: [
    // These four must come before the plugins that check a password or send an email. A request
    // that they refuse gets no further.
    onwardAddresses(),
    changeEmailLinks(),
    singleUseLinks(counter),
    rateLimits(counter, currentSecret),
    revocation(),
    credentials.plugin,
    accountRules(() => mailer.check().catch(throwMailFailure)),
    ...oauthProxy(env),
    ...(env.tokenEndpoint
      ? [tokenEndpoint({ minters, ttlSeconds: programTokenTtl, now: Date.now, findOrganization })]
      : []),
  ],
});

async function findOrganization(session: SessionOfMember): Promise<Organization | undefined> {
  return readMembership((await auth.$context).adapter, session);
}

/** Reads the database, never the cookie cache, and does not extend the session. */
function readStoredSession(headers: Headers): Promise<StoredSession | null> {
  return auth.api.getSession({ headers, query: { disableRefresh: true, disableCookieCache: true } });
}
