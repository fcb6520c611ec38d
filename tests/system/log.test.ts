import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { logLevels } from "../../lib/log/log";
import { AUTH_SECRET, JWT_KEY, signCookieCache, signSessionToken } from "../../scripts/stack/signing";
import { type FullStack, type LogName, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { COLLECT_GARBAGE } from "../fixtures/collect-garbage";

/**
 * The logs of the gate, of the pages and of FastAPI: a request can be found in all of them, and
 * none contains personal data.
 */

type Line = Record<string, unknown> & { code: string; request_id: string };

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const person = { email: "grace.hopper@example.com", name: "Grace Hopper", password: "nanoseconds-of-wire" };

let stack: FullStack;
let member: Visitor;

beforeAll(async () => {
  stack = await startFullStack({ gate: { BACKEND_FORWARD: "relay", ...COLLECT_GARBAGE } });
  member = new Visitor(stack.origin);
  await member.signUp(person.email, person.name, person.password);
});
afterAll(() => stack?.stop());

const linesOf = (name: LogName): Line[] =>
  stack
    .readLog(name)
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

/** Another process writes the log, so a line may appear a moment after its response. */
const linesAbout = (response: Response, name: LogName = "next") =>
  expect
    .poll(() => linesOf(name).filter(({ request_id }) => request_id === response.headers.get("x-request-id")))
    .toHaveLength(1)
    .then(() => linesOf(name).find(({ request_id }) => request_id === response.headers.get("x-request-id")));

/** The app's server calls FastAPI before it deletes an account. */
const deleteAccount = (visitor: Visitor, headers: Record<string, string> = {}) =>
  visitor.post("/api/auth/delete-user", { password: person.password }, headers);

describe("one request id", () => {
  it("is in the response and in FastAPI's log, and so is the trace", async () => {
    const response = await member.fetch("/backend/api/tasks", { headers: { traceparent } });
    const requestId = response.headers.get("x-request-id");
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    await expect.poll(() => stack.readLog("fastapi")).toContain(`[${requestId} ${TRACE_ID}] INFO:`);
  });

  it("continues from the app's server to its calls of FastAPI, and so does the trace", async () => {
    const leaver = new Visitor(stack.origin);
    await leaver.signUp("leaver@example.com", person.name, person.password);
    const deleted = await deleteAccount(leaver, { traceparent });
    expect(deleted.status).toBe(200);
    const requestId = deleted.headers.get("x-request-id");
    await expect.poll(() => stack.readLog("fastapi")).toContain(`[${requestId} ${TRACE_ID}] INFO:`);
  });

  it("reaches the script that shows it on the 404 page", async () => {
    const page = await member.fetch("/no-such-page", { headers: { accept: "text/html" } });
    expect(page.status).toBe(404);
    expect(page.headers.get("server-timing")).toBe(`request;desc="${page.headers.get("x-request-id")}"`);
  });

  it.each(["nonsense", "00-0-0-00", `00-${"0".repeat(32)}-b7ad6b7169203331-01`, "é"])(
    "is there though the trace cannot be read: %s",
    async (invalid) => {
      const response = await member.fetch("/backend/api/tasks", {
        headers: { traceparent: Buffer.from(invalid).toString("latin1") },
      });
      expect(response.status).toBe(200);
      const requestId = response.headers.get("x-request-id");
      await expect.poll(() => stack.readLog("fastapi")).toContain(`[${requestId}] INFO:`);
    },
  );
});

describe("one line is written", () => {
  it("for a call without a session", async () => {
    const response = await new Visitor(stack.origin).fetch("/backend/api/tasks", {
      headers: { traceparent },
    });
    expect(await linesAbout(response)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: "info",
      code: "gate_signed_out",
      request_id: response.headers.get("x-request-id"),
      trace_id: TRACE_ID,
      status: 401,
      route: "backend",
    });
  });

  it("for a wrong password", async () => {
    const response = await new Visitor(stack.origin).signIn(person.email, "not-the-right-one");
    expect(response.status).toBe(401);
    expect(await linesAbout(response)).toMatchObject({
      code: "auth_refused",
      what: "INVALID_EMAIL_OR_PASSWORD",
    });
  });

  it("for a token that FastAPI refuses", async () => {
    const response = await fetch(`${stack.backendUrl}/api/me`, {
      headers: { authorization: "Bearer nonsense", "x-request-id": "straight-to-it" },
    });
    expect(response.status).toBe(401);
    expect(await linesAbout(response, "fastapi")).toMatchObject({ code: "token_malformed", status: 401 });
  });

  it("for a backend that is down, and for a deletion that needs it", async () => {
    await stack.stopBackend();
    const call = await member.fetch("/backend/api/me");
    expect(await linesAbout(call)).toMatchObject({ code: "gate_backend_unreachable", status: 502 });
    const deletion = await deleteAccount(member);
    const requestId = deletion.headers.get("x-request-id");
    await expect
      .poll(() => linesOf("next").filter(({ request_id }) => request_id === requestId))
      .toContainEqual(expect.objectContaining({ code: "account_not_deleted", error: expect.any(String) }));
    await stack.restartBackend();
  });

  it("for a database that is down, and the page shows the request id", async () => {
    await stack.stopDatabase();
    const unknown = `better-auth.session_token=${await signSessionToken("unknown")}`;
    const call = await fetch(`${stack.origin}/backend/x`, { headers: { cookie: unknown } });
    expect(await linesAbout(call)).toMatchObject({ code: "gate_session_store_unreachable", status: 503 });
    const page = await fetch(`${stack.origin}/device`, { headers: { cookie: unknown } });
    expect(await page.text()).toContain(page.headers.get("x-request-id"));
    const signIn = await new Visitor(stack.origin).signIn(person.email, person.password);
    expect(await linesAbout(signIn)).toMatchObject({ code: "gate_session_store_unreachable", status: 503 });
  });

  it("for a page that fails", async () => {
    const token = "somebody";
    // The gate trusts this cookie. The page queries the database, which has stopped.
    const data = await signCookieCache({ token, updatedAt: Date.now(), version: "2" });
    const cookie = `better-auth.session_token=${await signSessionToken(token)}; better-auth.session_data=${data}`;
    const page = await fetch(`${stack.origin}/device`, { headers: { cookie, accept: "text/html" } });
    expect(await linesAbout(page)).toMatchObject({
      code: "page_failed",
      what: "render /device",
      digest: expect.any(String),
    });
  });
});

it("no line contains personal data or a secret", () => {
  const lines = [...linesOf("next"), ...linesOf("fastapi")];
  expect(lines.length).toBeGreaterThanOrEqual(8);
  for (const { code } of linesOf("next")) expect(Object.keys(logLevels)).toContain(code);

  const text = [stack.readLog("next"), stack.readLog("fastapi")].join("\n");
  const cookies = [...member.cookies.values()].flatMap((value) => [value, decodeURIComponent(value)]);
  const secrets = [
    AUTH_SECRET,
    JWT_KEY,
    "postgres:postgres",
    ...cookies,
    ...cookies.map((value) => value.split(".")[0]),
  ];
  const found = [...Object.values(person), "not-the-right-one", ...secrets].filter(
    (value) => value && text.includes(value),
  );
  expect(found).toEqual([]);
  expect(text).not.toMatch(/eyJ[\w-]{8,}\./);
});
