import { expect, it, test } from "vitest";
import { parseEnv } from "../../../../lib/env";
import { limitProxyRedirect } from "../../../../lib/server/auth/oauth-proxy";
import { testEnv } from "../../../../scripts/stack/test-stack";

const secret = { OAUTH_PROXY_SECRET: "proxy-secret-proxy-secret-proxy-secret-1" };
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
