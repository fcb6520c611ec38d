import { describe, expect, it, test } from "vitest";
import { parseEnv } from "../../../../lib/env";
import { createAuth } from "../../../../lib/server/auth/create-auth";
import { createDatabase } from "../../../../lib/server/auth/database";
import { limitProxyRedirect, oauthProxy } from "../../../../lib/server/auth/oauth-proxy";
import { testEnv } from "../../../../scripts/stack/test-stack";
import { openSealed, PROXY_SECRET } from "../../../fixtures/oauth-proxy";

const secret = { OAUTH_PROXY_SECRET: PROXY_SECRET };
const BETTER_AUTH_URL = "https://app.example.com";
const production = parseEnv(
  testEnv({
    ...secret,
    BETTER_AUTH_URL,
    OAUTH_PROXY_PREVIEWS: "https://app-*-team.vercel.app, https://staging.example.com",
  }),
);
const preview = parseEnv(
  testEnv({
    ...secret,
    BETTER_AUTH_URL: "https://app-1-team.vercel.app",
    OAUTH_PROXY_URL: BETTER_AUTH_URL,
  }),
);

/** The address to which a callback that leads to `location` redirects, or the status of a refusal. */
async function follow(location: string, settings = production) {
  const response = await limitProxyRedirect(
    new Response(null, { status: 302, headers: { location } }),
    settings,
  );
  return response.headers.get("location") ?? response.status;
}

test.each([
  "https://app.example.com/login?error=access_denied",
  "/login?error=access_denied",
  "https://app-1-team.vercel.app/login?error=access_denied",
  "https://app-git-main-team.vercel.app/login",
  "https://staging.example.com/login",
])("a callback in production may lead to %s", async (location) => {
  expect(await follow(location)).toBe(location);
});

test.each([
  "https://evil.example/login",
  "https://app-1-other.vercel.app/login",
  "https://app--team.vercel.app.evil.example/login",
  "https://app-1.evil.example/x-team.vercel.app",
  "https://app-1-teamxvercel.app/login",
  "https://app--team.vercel.app:8443/login",
  "http://app-1-team.vercel.app/login",
  "https://app-.x-team.vercel.app/login",
  "https://stagingxexample.com/login",
  "javascript:alert(1)",
])("a callback in production may not lead to %s", async (location) => {
  expect(await follow(location)).toBe(403);
});

it("a callback in a preview leads to its own addresses only", async () => {
  expect(await follow("https://app-1-team.vercel.app/tasks", preview)).toBe(
    "https://app-1-team.vercel.app/tasks",
  );
  expect(await follow("https://app-2-team.vercel.app/tasks", preview)).toBe(403);
});

describe("a preview on Vercel", () => {
  const env = parseEnv(
    testEnv({
      ...secret,
      ...{ BETTER_AUTH_URL: "", NEON_ENDPOINT: "http://127.0.0.1:9", VERCEL: "1", VERCEL_ENV: "preview" },
      ...{ VERCEL_URL: "app-1-team.vercel.app", VERCEL_BRANCH_URL: "app-git-x-team.vercel.app" },
      ...{ OAUTH_PROXY_URL: BETTER_AUTH_URL, GITHUB_CLIENT_ID: "id", GITHUB_CLIENT_SECRET: "none" },
    }),
  );
  const auth = createAuth(env, createDatabase(env), {
    socialProviders: env.providers,
    plugins: oauthProxy(env),
  });

  /** Starts a sign-in at this address. Returns the address of the other site. */
  async function startAt(origin: string): Promise<URL> {
    const response = await auth.handler(
      new Request(`${origin}/api/auth/sign-in/social`, {
        method: "POST",
        headers: { "content-type": "application/json", origin },
        body: JSON.stringify({ provider: "github", callbackURL: "/tasks", errorCallbackURL: "/login" }),
      }),
    );
    expect(response.status).toBe(200);
    return new URL((await response.json()).url);
  }

  test.each([
    ["of the deployment", "https://app-1-team.vercel.app"],
    ["of the branch", "https://app-git-x-team.vercel.app"],
  ])(
    "returns to its address %s if the sign-in has started there, because the cookie is there",
    async (_, origin) => {
      const url = await startAt(origin);
      expect(url.searchParams.get("redirect_uri")).toBe(`${BETTER_AUTH_URL}/api/auth/callback/github`);
      const { stateCookie } = await openSealed("package", url.searchParams.get("state") ?? "");
      const { callbackURL, errorURL } = await openSealed("state", stateCookie);
      expect(new URL(callbackURL).origin).toBe(origin);
      expect(errorURL).toBe(`${origin}/login`);
    },
  );
});
