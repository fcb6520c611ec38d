import { decodeJwt } from "jose";
import { beforeEach, describe, expect, it, test } from "vitest";
import { createGate } from "../../../edge/gate";
import type { GateOptions } from "../../../edge/options";
import type { StoreResult } from "../../../edge/session/store";
import type { Routes } from "../../../lib/routes";
import { identityOf } from "../../../lib/token/contract";
import { signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";
import { routes } from "../../fixtures/routes";

const APP = "http://localhost:3000";
const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });
const session: StoreResult = { session: { identity, expiresAt: 86_400_000 }, setCookies: [] };

const two: Routes = {
  ...routes,
  backends: [
    { prefix: "/backend", address: "BACKEND_URL", access: [] },
    {
      prefix: "/reports",
      address: "REPORTS_URL",
      audience: "reports-api",
      timeoutSeconds: 7,
      maxBodyMb: 1,
      webSockets: false,
      access: [{ path: "/reports/public/*", methods: ["GET"], access: "optional" }],
    },
  ],
};
const MB = 1024 * 1024;

let cookie: string;
let lookups: number;
beforeEach(async () => {
  cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
  lookups = 0;
});

function createTwo(more: Partial<GateOptions> = {}) {
  const store = async () => {
    lookups += 1;
    return session;
  };
  const backendUrls = { BACKEND_URL: "http://main.internal", REPORTS_URL: "http://reports.internal/v1" };
  const gate = createGate(gateOptions(APP, { store }, { routes: two, backendUrls, ...more }));
  return (path: string, headers: Record<string, string> = {}, method = "GET") =>
    gate(new Request(APP + path, { method, headers: { cookie, ...headers } }));
}

const tokenOf = (response: Response) =>
  decodeJwt(response.headers.get("x-middleware-request-authorization")?.replace("Bearer ", "") ?? "");
const targetOf = (response: Response) => response.headers.get("x-middleware-rewrite");

describe("with two backends, a request", () => {
  test.each([
    ["/backend/api/x?a=1", "http://main.internal/api/x?a=1"],
    ["/backend/reports/x", "http://main.internal/reports/x"],
    ["/reports/x?a=1", "http://reports.internal/v1/x?a=1"],
    ["/reports", "http://reports.internal/v1/"],
    ["/reports/backend/x", "http://reports.internal/v1/backend/x"],
  ])("for %s is forwarded to %s", async (path, target) => {
    expect(targetOf(await createTwo()(path))).toBe(target);
  });

  test.each(["/reportsx", "/Reports/x", "/reports;x", "/reports%2fx"])(
    "for %s is that of a page",
    async (path) => {
      const response = await createTwo()(path);
      expect(targetOf(response)).toBeNull();
      expect(response.headers.get("x-middleware-next")).toBe("1");
    },
  );

  it("has a token with the audience of its backend, for the same session and from one lookup", async () => {
    const send = createTwo();
    const [main, reports] = [tokenOf(await send("/backend/x")), tokenOf(await send("/reports/x"))];
    expect([main.aud, reports.aud]).toEqual(["phase2-api", "reports-api"]);
    expect([main.sid, reports.sid]).toEqual(["session-1", "session-1"]);
    expect(lookups).toBe(1);
  });

  it("reuses the token of its own backend", async () => {
    const send = createTwo();
    const idsOf = async () => [tokenOf(await send("/backend/x")).jti, tokenOf(await send("/reports/x")).jti];
    const first = await idsOf();
    expect(first[0]).not.toBe(first[1]);
    expect(await idsOf()).toEqual(first);
  });

  it("for a WebSocket has a token with the audience of its backend", async () => {
    const headers = { connection: "Upgrade", upgrade: "websocket", origin: APP };
    expect(tokenOf(await createTwo()("/backend/live", headers)).aud).toBe("phase2-api");
  });

  it("for a WebSocket is refused if its backend takes none", async () => {
    const headers = { connection: "Upgrade", upgrade: "websocket", origin: APP };
    const response = await createTwo()("/reports/live", headers);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "gate_not_websocket" });
  });

  it("is decided by the rules of its own backend", async () => {
    const send = createTwo();
    const signedOut = { cookie: "" };
    expect(targetOf(await send("/reports/public/x", signedOut))).toBe("http://reports.internal/v1/public/x");
    expect((await send("/reports/x", signedOut)).status).toBe(401);
    expect((await send("/backend/public/x", signedOut)).status).toBe(401);
  });

  test.each([
    ["/backend/x", 2 * MB, 200],
    ["/backend/x", 2 * MB + 1, 413],
    ["/reports/x", MB, 200],
    ["/reports/x", MB + 1, 413],
  ])("for %s with a body of %i bytes has the status %i", async (path, length, status) => {
    const send = createTwo({ maxBodyBytes: 2 * MB });
    const response = await send(path, { "content-length": String(length), origin: APP }, "POST");
    expect(response.status).toBe(status);
  });

  it("is relayed with the timeout and the addresses of its own backend", async () => {
    const timeouts: number[] = [];
    const requested: string[] = [];
    const send = createTwo({
      forwarding: "relay",
      startTimer: (ms) => {
        timeouts.push(ms);
        return () => {};
      },
      fetch: async (target) => {
        requested.push(String(target));
        return new Response(null, {
          status: 307,
          headers: { location: `${new URL(String(target)).origin}/v1/to` },
        });
      },
    });
    const locations: (string | null)[] = [];
    for (const path of ["/backend/x", "/reports/x"]) {
      timeouts.length = 0;
      locations.push((await send(path)).headers.get("location"));
      expect(timeouts.at(-1)).toBe(path === "/reports/x" ? 7_000 : 120_000);
    }
    expect(requested).toEqual(["http://main.internal/x", "http://reports.internal/v1/x"]);
    expect(locations).toEqual([`${APP}/backend/v1/to`, `${APP}/reports/to`]);
  });
});

describe("a gate", () => {
  it("without the address of one of its backends is not created", () => {
    expect(() => createTwo({ backendUrls: { BACKEND_URL: "http://main.internal" } })).toThrow(
      'REPORTS_URL, the address of "/reports", is not in the configuration',
    );
  });
});
