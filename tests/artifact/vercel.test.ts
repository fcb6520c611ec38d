import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takeApart } from "../../bench/composition";
import { AUTH_SECRET, signCookieCache, signSessionToken } from "../support/signing";
import { startDatabase, testEnv } from "../support/stack";
import { startIsolate } from "../support/vercel-function";

/** The Build Output that Vercel deploys: its very middleware in the edge runtime, asked as Vercel would ask it. */

const APP = "https://gatehouse-test.vercel.app";
const output = ".vercel/output";
let database: Awaited<ReturnType<typeof startDatabase>>;
let variables: Record<string, string>;
let ask: ReturnType<typeof startIsolate>;
let cookie: string;

beforeAll(async () => {
  const env = testEnv({ BETTER_AUTH_URL: APP, BACKEND_URL: "https://api.example.com" });
  execFileSync("npm", ["run", "build:vercel"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  database = await startDatabase();
  variables = { ...env, ...database.env, VERCEL: "1" };
  ask = startIsolate(join(output, "functions/middleware.func"), variables);
  const data = await signCookieCache({ token: "abc", updatedAt: Date.now(), secret: AUTH_SECRET });
  cookie = `__Secure-better-auth.session_token=${await signSessionToken("abc")}; __Secure-better-auth.session_data=${data}`;
}, 600_000);
afterAll(() => database?.stop());

describe("middleware.func", () => {
  it("is an edge function within the limit of the smallest plan", () => {
    const folder = join(output, "functions/middleware.func");
    expect(JSON.parse(readFileSync(join(folder, ".vc-config.json"), "utf8")).runtime).toBe("edge");
    // Vercel's documentation: 1 MB after gzip on Hobby.
    expect(gzipSync(readFileSync(join(folder, "index.js"))).length).toBeLessThan(1024 * 1024);
    expect(statSync(join(folder, "index.js")).size).toBeGreaterThan(0);
  });

  it("holds nothing of what is for development, or for those who export traces", () => {
    const script = readFileSync(join(output, "functions/middleware.func/index.js"), "utf8");
    const unwanted = ["__gate", "this isolate has seen the session", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    expect(unwanted.filter((text) => script.includes(text))).toEqual([]);
  });

  it("sends a guest to sign in", async () => {
    const response = await ask(`${APP}/dashboard?x=1`);
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toMatch(/\/login\?next=%2Fdashboard%3Fx%3D1$/);
  });

  it("refuses a guest's call", async () => {
    const response = await ask(`${APP}/backend/api/tasks`);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "gate_signed_out" });
  });

  it("forwards a member's call with a token, and none of Vercel's own headers", async () => {
    const response = await ask(`${APP}/backend/api/tasks?a=1`, {
      headers: {
        cookie,
        "x-vercel-oidc-token": "secret",
        "x-vercel-forwarded-for": "203.0.113.7",
        "x-forwarded-for": "6.6.6.6",
      },
    });
    expect(response.headers.get("x-middleware-rewrite")).toBe("https://api.example.com/api/tasks?a=1");
    const sent = (name: string) => response.headers.get(`x-middleware-request-${name}`);
    expect(decodeJwt((sent("authorization") ?? "").replace("Bearer ", ""))).toMatchObject({ sub: "user-1" });
    expect(sent("cookie")).toBeNull();
    expect(sent("x-vercel-oidc-token")).toBeNull();
    expect(sent("x-forwarded-for")).toBe("203.0.113.7");
  });

  it("asks the database about a session that it does not know, and believes the answer", async () => {
    const unknown = `__Secure-better-auth.session_token=${await signSessionToken("unknown")}`;
    const response = await ask(`${APP}/dashboard`, { headers: { cookie: unknown } });
    expect(response.status).toBe(307);
    expect(response.headers.getSetCookie().join()).toMatch(/session_token=; Max-Age=0/);
  });

  it("evaluates Better Auth and the database's driver when it first asks the database, and not before", async () => {
    const evaluatedFor = async (cookies: string) => {
      const shares = await takeApart(
        join(output, "functions/middleware.func"),
        variables,
        `${APP}/backend/x`,
        cookies,
      );
      // Functions and the map of the source do not begin at the very same character.
      return shares.filter(({ bytes, evaluated }) => evaluated > bytes / 100).map(({ owner }) => owner);
    };
    expect((await evaluatedFor(cookie)).sort()).toEqual(["@opentelemetry/api", "Gatehouse", "jose", "next"]);
    const unknown = `__Secure-better-auth.session_token=${await signSessionToken("unknown")}`;
    expect(await evaluatedFor(unknown)).toEqual(
      expect.arrayContaining(["better-auth", "kysely", "@neondatabase/serverless", "zod"]),
    );
  });

  it("says 503 once the database is gone", async () => {
    await database.stop();
    const unknown = `__Secure-better-auth.session_token=${await signSessionToken("unknown-2")}`;
    expect((await ask(`${APP}/backend/x`, { headers: { cookie: unknown } })).status).toBe(503);
    expect(
      (await ask(`${APP}/backend/x`, { headers: { cookie } })).headers.get("x-middleware-rewrite"),
    ).toBeTruthy();
  });
});

describe("the rest of the Build Output", () => {
  it("switches rewrite caching off for the backend", () => {
    const config = JSON.parse(readFileSync(join(output, "config.json"), "utf8"));
    const rule = config.routes.find(
      (route: { headers?: object }) => route.headers && "x-vercel-enable-rewrite-caching" in route.headers,
    );
    expect(rule.headers["x-vercel-enable-rewrite-caching"]).toBe("0");
    expect(new RegExp(rule.src).test("/backend/api/tasks")).toBe(true);
  });
});
