import { describe, expect, it, test } from "vitest";
import { parseEnv } from "../../../../lib/env";
import { organizations } from "../../../../lib/organizations";
import { createAuth } from "../../../../lib/server/auth/create-auth";
import { createDatabase } from "../../../../lib/server/auth/database";
import { authEndpoints, limits } from "../../../../lib/server/auth/endpoints";
import { oauthProxy } from "../../../../lib/server/auth/oauth-proxy";
import { organizationPlugins } from "../../../../lib/server/auth/organizations";
import { createRequestGuard } from "../../../../lib/server/auth/request-guard";
import { revocation } from "../../../../lib/server/auth/revocation";
import { tokenEndpoint } from "../../../../lib/server/auth/token-endpoint";
import { testEnv } from "../../../../scripts/stack/test-stack";

/**
 * Compares the endpoints that this app serves with those of the installed Better Auth and its
 * plugins.
 */

/**
 * Why each of these endpoints is not served. If an upgrade adds an endpoint, the first test fails
 * until it is served or listed here.
 */
const leftOut: Readonly<Record<string, string>> = {
  "POST /get-session": "an option that this app does not use (deferSessionRefresh)",
  "POST /callback/:id": "for providers that post their response across sites; GitHub and Google do not",
  "POST /update-session": "sessions have no fields of their own",
  "POST /revoke-session": "requires a session's token, which no page has; /revoke-session-by-id takes its id",
  "POST /link-social": "no page links another site to an account",
  "GET /list-accounts": "the account page reads them on the server (lib/server/account.ts)",
  "POST /unlink-account": "no page does it",
  "GET /delete-user/callback": "for a link in an email, which is not sent: the password is required",
  "POST /refresh-token": "the tokens of other sites are not stored",
  "POST /get-access-token": "the tokens of other sites are not stored",
  "GET /account-info": "the tokens of other sites are not stored",
  "GET /oauth-proxy-callback": "the old name of /callback/:id/oauth-proxy",
  "GET /ok": "/api/health is this app's own",
};

const providers = { GITHUB_CLIENT_ID: "a", GITHUB_CLIENT_SECRET: "b" };
const proxySecret = { OAUTH_PROXY_SECRET: "proxy-secret-proxy-secret-proxy-secret-1" };
const everything = {
  TOKEN_ENDPOINT: "on",
  ...providers,
  ...proxySecret,
  OAUTH_PROXY_URL: "https://app.example.com",
};
const env = parseEnv(testEnv(everything));

function installed(): string[] {
  const plugins = [
    revocation(),
    ...oauthProxy(env),
    tokenEndpoint({
      minters: new Map(),
      ttlSeconds: 60,
      now: Date.now,
      findOrganization: async () => undefined,
    }),
    ...(organizations ? [] : organizationPlugins()),
  ];
  const { api } = createAuth(env, createDatabase(env), { plugins });
  const endpoints = Object.values(api) as { path?: string; options: { method: string | string[] } }[];
  return endpoints.flatMap(({ path, options }) =>
    path === undefined ? [] : [options.method].flat().map((method) => `${method} ${path}`),
  );
}

const served = Object.entries(authEndpoints).map(([path, { method }]) => `${method} ${path}`);

it("each endpoint of the installed Better Auth is served, or left out on purpose", () => {
  expect(installed().sort()).toEqual([...served, ...Object.keys(leftOut)].sort());
});

it("each endpoint that takes a password or the token of a link, or sends an email, has a limit", () => {
  const free = Object.entries(authEndpoints).filter(([, { limits }]) => !limits?.length);
  expect(free.map(([path]) => path).sort()).toEqual(
    [
      "/api-key/list",
      "/api-key/revoke",
      "/error",
      "/get-session",
      "/list-sessions",
      "/organization/accept-invitation",
      "/organization/cancel-invitation",
      "/organization/check-slug",
      "/organization/delete",
      "/organization/get-active-member",
      "/organization/get-active-member-role",
      "/organization/get-full-organization",
      "/organization/get-invitation",
      "/organization/get-organization",
      "/organization/has-permission",
      "/organization/leave",
      "/organization/list",
      "/organization/list-invitations",
      "/organization/list-members",
      "/organization/list-user-invitations",
      "/organization/reject-invitation",
      "/organization/remove-member",
      "/organization/set-active",
      "/organization/update",
      "/organization/update-member-role",
      "/revoke-other-sessions",
      "/revoke-session-by-id",
      "/revoke-sessions",
      "/sign-out",
      "/token",
      "/update-user",
    ].sort(),
  );
});

test.each(Object.entries(limits))(
  "the limit %s counts by address, and by account if the request has one",
  (_, limit) => {
    expect(limit.perAddress).toBeGreaterThan(0);
    if (limit.account !== "none") expect(limit.perAccount).toBeGreaterThan(0);
  },
);

describe("the request guard", () => {
  const checkRequest = createRequestGuard(env, true);
  const check = (method: string, path: string, headers: Record<string, string> = {}) =>
    checkRequest({ method, url: `${env.appOrigin}/api/auth${path}`, headers: new Headers(headers) });

  test.each(served)("lets %s pass", (line) => {
    const [method = "", path = ""] = line.split(" ");
    expect(check(method, path.replace(/:\w+/, "aB3_-"))).toBeUndefined();
  });

  test.each(Object.keys(leftOut))("refuses %s", (line) => {
    const [method = "", path = ""] = line.split(" ");
    expect(check(method, path.replace(/:\w+/, "github"))?.code).toMatch(/^auth_(unknown_path|wrong_method)$/);
  });

  test.each([
    "/sign-in/email/",
    "//sign-in/email",
    "/sign-in//email",
    "/SIGN-IN/EMAIL",
    "/sign-in%2Femail",
    "/%73ign-in/email",
    "/sign-in/email%00",
    "/sign-in/email;x=1",
    "/sign-in/email.",
    "/sign-in",
    "/sign-in/email/x",
    "/constructor",
    "/__proto__",
    `/reset-password/${"x".repeat(101)}`,
    "/reset-password/%61bc",
    "/callback/",
  ])("refuses another spelling of a path: %s", (path) => {
    for (const method of ["GET", "POST"]) expect(check(method, path)?.code).toBe("auth_unknown_path");
  });

  it("serves the end of a preview's sign-in on previews only", () => {
    const url = `${env.appOrigin}/api/auth/callback/github/oauth-proxy`;
    const codeOn = (variables: Record<string, string>) =>
      createRequestGuard(
        parseEnv(testEnv({ ...providers, ...variables })),
        false,
      )({
        method: "GET",
        url,
        headers: new Headers(),
      })?.code;
    expect(codeOn({ ...proxySecret, OAUTH_PROXY_URL: "https://app.example.com" })).toBeUndefined();
    expect(codeOn({ ...proxySecret, OAUTH_PROXY_PREVIEWS: "https://app-*.example.com" })).toBe(
      "auth_unknown_path",
    );
    expect(codeOn({})).toBe("auth_unknown_path");
  });

  it("serves no endpoint whose part of the configuration is not set", () => {
    const bare = createRequestGuard(parseEnv(testEnv({})), false);
    for (const [method, path] of [
      ["GET", "/token"],
      ["POST", "/sign-in/social"],
      ["GET", "/callback/github"],
      ["POST", "/organization/create"],
      ["GET", "/organization/list"],
    ] as const) {
      const url = `${env.appOrigin}/api/auth${path}`;
      expect(bare({ method, url, headers: new Headers() })).toEqual({ code: "auth_unknown_path" });
    }
  });
});
