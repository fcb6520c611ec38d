import { beforeEach, describe, expect, it, test } from "vitest";
import { createGate, type Gate } from "../../../edge/gate";
import type { GateEffects } from "../../../edge/options";
import type { StoreResult } from "../../../edge/session/store";
import { identityOf } from "../../../lib/token/contract";
import { signSessionToken } from "../../../scripts/stack/signing";
import { gateOptions } from "../../fixtures/gate";

const APP = "http://localhost:3000";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const ada = { id: "user-1", email: "ada@example.com", name: "Ada" };
const identity = identityOf(ada, { id: "session-1" });

let reply: () => Promise<StoreResult>;
let logged: { code: string; request_id?: string; trace_id?: string }[];
let cookie: string;
let effects: Pick<GateEffects, "store" | "log">;
let gate: Gate;

beforeEach(async () => {
  logged = [];
  reply = async () => ({ session: { identity, expiresAt: 86_400_000 }, setCookies: [] });
  cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
  effects = { store: () => reply(), log: (entry) => logged.push(entry as (typeof logged)[number]) };
  gate = createGate(gateOptions(APP, effects));
});

const send = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  gate(new Request(APP + path, { method, headers }));
const down = () => Promise.reject(new Error("down"));

describe("the response has the request ID", () => {
  test.each<[what: string, path: string, signedIn: boolean, headers: Record<string, string>]>([
    ["for a call that is forwarded", "/backend/x", true, {}],
    ["for a call that is refused", "/backend/x", false, {}],
    ["for a page", "/dashboard", true, { accept: "text/html" }],
    ["for a page that Next's router loads", "/dashboard", true, { rsc: "1" }],
    ["for an endpoint of Better Auth", "/api/auth/get-session", false, {}],
    ["for a redirect", "/dashboard", false, { accept: "text/html" }],
    ["for a server action that is redirected", "/dashboard", false, { "next-action": "0" }],
  ])("%s", async (_, path, signedIn, headers) => {
    const method = "next-action" in headers ? "POST" : "GET";
    const response = await send(path, { ...headers, ...(signedIn && { cookie }) }, method);
    expect(response.headers.get("x-request-id")).toMatch(/^id-\d+$/);
  });
});

it("a page receives the ID of the gate, not that of the client", async () => {
  const response = await send("/dashboard", { cookie, "x-request-id": "forged", accept: "text/html" });
  expect(response.headers.get("x-middleware-request-x-request-id")).toBe(
    response.headers.get("x-request-id"),
  );
});

describe("a traceparent header", () => {
  const sent = (response: Response, name: string) => response.headers.get(`x-middleware-request-${name}`);

  it("reaches the backend, with tracestate", async () => {
    const response = await send("/backend/x", { cookie, traceparent: TRACEPARENT, tracestate: "a=1" });
    expect(sent(response, "traceparent")).toBe(TRACEPARENT);
    expect(sent(response, "tracestate")).toBe("a=1");
  });

  it("gives each log line its trace ID", async () => {
    await send("/backend/x", { traceparent: TRACEPARENT });
    expect(logged).toMatchObject([{ code: "gate_signed_out", trace_id: TRACE_ID }]);
  });

  it.each([
    ["a word", "nonsense"],
    ["an empty value", ""],
    ["more fields than version 00 has", `${TRACEPARENT}-more`],
    ["two values", `${TRACEPARENT}, ${TRACEPARENT}`],
    ["capital letters", TRACEPARENT.toUpperCase()],
    ["a trace ID of zeros", TRACEPARENT.replace(TRACE_ID, "0".repeat(32))],
    ["a parent ID of zeros", TRACEPARENT.replace("b7ad6b7169203331", "0".repeat(16))],
    ["the invalid version ff", `ff${TRACEPARENT.slice(2)}`],
    ["10,000 zeros", "0".repeat(10_000)],
  ])("with %s is dropped, and the request is forwarded", async (_, traceparent) => {
    const response = await send("/backend/x", { cookie, traceparent, tracestate: "a=1" });
    expect(response.headers.get("x-middleware-rewrite")).toBeTruthy();
    expect(sent(response, "traceparent")).toBeNull();
    expect(sent(response, "tracestate")).toBeNull();
    await send("/backend/x", { traceparent });
    expect(logged.map(({ trace_id }) => trace_id)).toEqual([undefined]);
  });

  it("of a later version reaches the backend", async () => {
    const later = `01${TRACEPARENT.slice(2)}-more`;
    expect(sent(await send("/backend/x", { cookie, traceparent: later }), "traceparent")).toBe(later);
  });
});

describe("the log has", () => {
  test.each<[what: string, code: string, method: string, path: string, headers: Record<string, string>]>([
    ["one line for a call without a session", "gate_signed_out", "GET", "/backend/x", {}],
    ["one line for a route handler without a session", "gate_signed_out", "GET", "/api/x", {}],
    ["one line for a deceptive path", "gate_bad_path", "GET", "/backend/a%2fb", {}],
  ])("%s", async (_, code, method, path, headers) => {
    const response = await send(path, headers, method);
    expect(logged).toEqual([
      expect.objectContaining({
        code,
        request_id: response.headers.get("x-request-id"),
        status: response.status,
      }),
    ]);
  });

  test.each<[what: string, code: string, headers: Record<string, string>]>([
    ["from another site", "gate_cross_site", { "sec-fetch-site": "cross-site" }],
    ["with a body over the limit", "gate_body_too_large", { "content-length": "1001" }],
    ["with a body of unknown length", "gate_length_required", { "transfer-encoding": "chunked" }],
  ])("one line for a call %s", async (_, code, headers) => {
    const response = await send("/backend/x", { cookie, ...headers }, "POST");
    expect(logged).toEqual([expect.objectContaining({ code, status: response.status })]);
  });

  it.each([
    ["a call", "/backend/x", {}],
    ["a page", "/dashboard", { accept: "text/html" }],
    ["the sign-in page, which is shown in any case", "/login", { accept: "text/html" }],
  ])("one line for a store that fails during the request for %s", async (_, path, headers) => {
    reply = down;
    await send(path, { cookie, ...headers });
    expect(logged).toEqual([expect.objectContaining({ code: "gate_session_store_unreachable" })]);
  });

  it("one line for an unexpected error, which signs nobody out", async () => {
    const { jwt } = gateOptions(APP, effects);
    gate = createGate(gateOptions(APP, effects, { jwt: { ...jwt, keys: [] }, randomId: () => "id" }));
    const call = await send("/backend/x", { cookie });
    expect(call.status).toBe(500);
    expect(await call.json()).toMatchObject({ code: "gate_failed", request_id: "id" });
    const page = await send("/backend/x", { cookie, accept: "text/html" });
    expect(page.headers.get("content-type")).toMatch("text/html");
    expect(logged.map(({ code }) => code)).toEqual(["gate_failed", "gate_failed"]);
  });

  it("no line for requests that are not refused", async () => {
    await send("/backend/x", { cookie });
    await send("/dashboard", { cookie, accept: "text/html" });
    await send("/dashboard", { accept: "text/html" });
    await send("/");
    expect(logged).toEqual([]);
  });
});
