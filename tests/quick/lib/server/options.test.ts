import { afterAll, beforeAll, expect, it, test } from "vitest";
import { createDatabase } from "../../../../lib/auth/database";
import { createAuth } from "../../../../lib/auth/options";
import { parseEnv } from "../../../../lib/env";
import { accountOptions } from "../../../../lib/server/auth/account-options";
import { createMailer } from "../../../../lib/server/mail/mail";
import { testEnv } from "../../../../scripts/stack/test-stack";

/** Compares Better Auth's options on the edge and on Node, which are made of the same parts. */

const variables = testEnv({ GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "secret" });
const env = parseEnv(variables);
const edge = createAuth(env, createDatabase(env)).options as Options;

type Options = Record<string, unknown>;

const before = { ...process.env };
let node: Options;
beforeAll(async () => {
  Object.assign(process.env, variables);
  node = (await import("../../../../lib/server/auth/handler")).auth.options as Options;
});
afterAll(() => {
  process.env = before;
});

/** Every path to a value that is not an object, such as `session.cookieCache.maxAge`. */
function leavesOf(value: unknown, path = ""): [string, unknown][] {
  const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isGroup) return [[path, typeof value === "function" ? "a function" : value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path ? `${path}.${key}` : key));
}

const WITHOUT_TWIN = ["database", "logger", "plugins"];
const leaves = ({ ...options }: Options) => {
  for (const name of WITHOUT_TWIN) delete options[name];
  return new Map(leavesOf(options).filter(([, value]) => value !== undefined));
};

it("Node has every option of the edge's, with the same value", () => {
  const all = leaves(node);
  const differing = [...leaves(edge)].filter(([path, value]) => {
    return JSON.stringify(all.get(path)) !== JSON.stringify(value);
  });
  expect(differing).toEqual([]);
});

it("Node has every option of the account's, with the same value", () => {
  const all = leaves(node);
  const given = leaves(accountOptions(env, createMailer(env)) as Options);
  expect(
    [...given].filter(([path, value]) => JSON.stringify(all.get(path)) !== JSON.stringify(value)),
  ).toEqual([]);
});

test.each([
  ["onAPIError.throw", true],
  ["onAPIError.errorURL", "http://localhost:3000/login"],
  ["emailAndPassword.enabled", true],
  ["emailAndPassword.revokeSessionsOnPasswordReset", true],
  ["emailAndPassword.sendResetPassword", "a function"],
  ["user.changeEmail.enabled", true],
  ["user.deleteUser.enabled", true],
  ["advanced.backgroundTasks.handler", "a function"],
  ["advanced.database.joins", true],
  ["session.cookieCache.strategy", "jwt"],
  ["databaseHooks.account.create.before", "a function"],
])("Node's %s is %s", (path, value) => {
  expect(leaves(node).get(path)).toEqual(value);
});

test("both bound what is stored", () => {
  for (const { plugins } of [edge, node]) {
    expect((plugins as { id: string }[]).map(({ id }) => id)).toContain("stored-fields");
  }
});
