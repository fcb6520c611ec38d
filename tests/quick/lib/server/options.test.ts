import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEnv } from "../../../../lib/env";
import { createAuth } from "../../../../lib/server/auth/create-auth";
import { createDatabase } from "../../../../lib/server/auth/database";
import { testEnv } from "../../../../scripts/stack/test-stack";

/** Compares the options of the two Better Auth instances: the scripts' and the app's. */

const variables = testEnv({ GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" });
const env = parseEnv(variables);

type Options = Record<string, unknown>;
const scripts = createAuth(env, createDatabase(env)).options as Options;
let app: Options;

const before = { ...process.env };
beforeAll(async () => {
  Object.assign(process.env, variables);
  app = (await import("../../../../lib/server/auth/instance")).auth.options as Options;
});
afterAll(() => {
  process.env = before;
});

/** Options that cannot be compared by value: objects with functions and state of their own. */
const NOT_COMPARED = ["database", "logger", "plugins"];

/** The path, such as `session.cookieCache.maxAge`, and the value of every option that is set. */
function flatten(options: Options): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  const add = (value: unknown, path: string) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) add(inner, path ? `${path}.${name}` : name);
    } else if (value !== undefined) {
      flat.set(path, typeof value === "function" ? "a function" : value);
    }
  };
  add(Object.fromEntries(Object.entries(options).filter(([name]) => !NOT_COMPARED.includes(name))), "");
  return flat;
}

const pluginIds = ({ plugins }: Options) => (plugins as { id: string }[]).map(({ id }) => id);

describe("Better Auth's options", () => {
  it("of the app have every option of the scripts, with the same value", () => {
    expect(flatten(app)).toEqual(new Map([...flatten(app), ...flatten(scripts)]));
  });

  it("include the errors, sessions and lookups that both instances need", () => {
    const shared = {
      "onAPIError.throw": true,
      "account.storeStateStrategy": "cookie",
      "emailAndPassword.enabled": true,
      "emailAndPassword.revokeSessionsOnPasswordReset": true,
      "emailAndPassword.maxPasswordLength": 128,
      "session.expiresIn": 604_800,
      "session.updateAge": 86_400,
      "session.cookieCache.strategy": "jwt",
      "advanced.disableOriginCheck": false,
      "advanced.database.joins": true,
      "rateLimit.enabled": false,
    };
    for (const options of [scripts, app]) {
      expect(Object.fromEntries(flatten(options))).toMatchObject(shared);
      expect(pluginIds(options)).toContain("stored-fields");
    }
  });

  it("of the app include what the endpoints need", () => {
    expect(Object.fromEntries(flatten(app))).toMatchObject({
      "onAPIError.errorURL": "http://localhost:3000/login",
      "emailAndPassword.resetPasswordTokenExpiresIn": 3_600,
      "emailAndPassword.sendResetPassword": "a function",
      "emailAndPassword.onPasswordReset": "a function",
      "emailVerification.sendOnSignUp": false,
      "emailVerification.expiresIn": 3_600,
      "emailVerification.sendVerificationEmail": "a function",
      "user.changeEmail.enabled": true,
      "user.changeEmail.sendChangeEmailConfirmation": "a function",
      "user.deleteUser.enabled": true,
      "user.deleteUser.beforeDelete": "a function",
      "socialProviders.github.clientId": "id",
      "socialProviders.github.clientSecret": "secret",
      "databaseHooks.account.create.before": "a function",
      "databaseHooks.account.update.before": "a function",
      "advanced.backgroundTasks.handler": "a function",
    });
    expect(pluginIds(app)).toEqual(
      expect.arrayContaining(["onward-addresses", "single-use-links", "rate-limits", "account-rules"]),
    );
  });
});
