import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { decodeJwt } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { tokenEndpoint } from "../../../../lib/server/auth/token-endpoint";
import { createMinter } from "../../../../lib/token/mint";
import { JWT_KEY } from "../../../../scripts/stack/signing";

/** The endpoint in a Better Auth whose database is in memory. */

const APP = "http://localhost:3000";
const START = Date.UTC(2026, 0, 1);

const minterFor = (audience: string) =>
  createMinter({ keys: [JWT_KEY], issuer: "phase2-web", audience, ttlSeconds: 300 }, () => "jti-1");

const auth = betterAuth({
  baseURL: APP,
  basePath: "/api/auth",
  secret: "better-auth-secret-better-auth-secret-1",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  emailAndPassword: { enabled: true },
  plugins: [
    tokenEndpoint({
      minters: new Map([
        ["/backend", minterFor("phase2-api")],
        ["/reports", minterFor("reports-api")],
      ]),
      ttlSeconds: 50,
      now: () => START,
      findOrganization: async () => ({ id: "org-1", slug: "acme", role: "owner" }),
    }),
  ],
});

let cookie: string;
beforeAll(async () => {
  const body = { email: "ada@example.com", name: "Ada", password: "correct-horse-battery" };
  const { headers } = await auth.api.signUpEmail({ body, returnHeaders: true });
  cookie = headers
    .getSetCookie()
    .map((value) => value.split(";")[0])
    .join("; ");
});

const get = (query: string, headers: Record<string, string> = { cookie }) =>
  auth.handler(new Request(`${APP}/api/auth/token${query}`, { headers }));

describe("GET /api/auth/token", () => {
  it.each([
    ["without a backend", "", "phase2-api"],
    ["for the first backend", "?backend=/backend", "phase2-api"],
    ["for the second backend", "?backend=/reports", "reports-api"],
    ["for an encoded prefix", "?backend=%2Freports", "reports-api"],
  ])("%s gives a token with the audience of the backend", async (_, query, aud) => {
    const response = await get(query);
    expect(response.status).toBe(200);
    const { token } = await response.json();
    expect(decodeJwt(token)).toMatchObject({
      ...{ iss: "phase2-web", aud, email: "ada@example.com", name: "Ada" },
      ...{ iat: START / 1000, exp: START / 1000 + 50, org: { id: "org-1", slug: "acme", role: "owner" } },
    });
  });

  it.each(["/other", "/reports/", "reports", "reports-api", "", "/backend&backend=/reports"])(
    "?backend=%s gets 400 and the prefixes",
    async (value) => {
      const response = await get(`?backend=${value}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({
        code: "UNKNOWN_BACKEND",
        message: "No backend has this prefix. The prefixes are /backend /reports",
      });
    },
  );

  it.each(["", "?backend=/reports", "?backend=/other"])("%s without a session gets 401", async (query) => {
    const response = await get(query, {});
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain("/reports");
  });
});
