import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, type ExpectStatic, expect, it } from "vitest";
import { buildApp } from "../../scripts/stack/next";
import {
  type Database,
  type FullStack,
  startDatabase,
  startFullStack,
  testEnv,
} from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type CollectedSpan, startCollector } from "../fixtures/collector";

/** A build that exports traces to a collector. */

const DIST_DIR = ".next-traced";
const CLIENT_SPAN = "b7ad6b7169203331";

let collector: Awaited<ReturnType<typeof startCollector>>;
/** All apps share it: a process that starts a database cannot serve another one meanwhile. */
let database: Database;

beforeAll(async () => {
  [collector, database] = await Promise.all([startCollector(), startDatabase()]);
  await buildApp({ env: testEnv({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }), distDir: DIST_DIR });
}, 600_000);
afterAll(async () => {
  await database?.stop();
  await collector?.stop();
});

const otel = () => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_BSP_SCHEDULE_DELAY: "100",
});
const newTraceId = () => randomUUID().replaceAll("-", "");
const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);
const attribute = (span: CollectedSpan | undefined, name: string) =>
  Object.values(span?.attributes.find(({ key }) => key === name)?.value ?? {})[0];

// The edge exports its spans every 5 seconds (it does not read OTEL_BSP_SCHEDULE_DELAY), so these
// tests wait at the same time.
describe.concurrent.each(["rewrite", "relay"])("forwarding by %s", (forwarding) => {
  let stack: FullStack;
  let member: Visitor;

  beforeAll(async () => {
    stack = await startFullStack({
      gate: { ...otel(), BACKEND_FORWARD: forwarding },
      database,
      distDir: DIST_DIR,
    });
    member = new Visitor(stack.origin);
    await member.signUp(`${randomUUID()}@example.com`);
  });
  afterAll(() => stack?.stop());

  /** Returns the gate's spans for this request, by name. */
  async function gateSpansOf(response: Response, expect: ExpectStatic) {
    const requestId = response.headers.get("x-request-id");
    const find = () =>
      collector.spans.filter((span) => attribute(span, "gatehouse.request_id") === requestId);
    await expect
      .poll(
        () =>
          find()
            .map(({ name }) => name)
            .sort(),
        { timeout: 20_000 },
      )
      .toEqual(["mint", "session", "upstream"]);
    return Object.fromEntries(find().map((span) => [span.name, span]));
  }

  it("session, mint and upstream are spans of one trace, which FastAPI continues", async ({ expect }) => {
    const response = await member.fetch("/backend/api/tasks");
    expect(response.status).toBe(200);
    const { session, mint, upstream } = await gateSpansOf(response, expect);
    expect(mint?.traceId).toBe(session?.traceId);
    expect(upstream?.traceId).toBe(session?.traceId);
    expect(attribute(session, "gatehouse.session.state")).toBe("active");
    expect(attribute(session, "gatehouse.session.source")).toMatch(/^(memory|cookie|store)$/);
    const requestId = response.headers.get("x-request-id");
    await expect.poll(() => stack.readLog("fastapi")).toContain(`[${requestId} ${upstream?.traceId}]`);
  });

  it("the trace of a client is continued below the client's span", async ({ expect }) => {
    const traceId = newTraceId();
    const traceparent = `00-${traceId}-${CLIENT_SPAN}-01`;
    const response = await member.fetch("/backend/api/me", { headers: { traceparent } });
    const { upstream } = await gateSpansOf(response, expect);
    expect(upstream?.traceId).toBe(traceId);
    // Next's own span ends last, so it can be in a later export than the gate's spans below it.
    await expect
      .poll(() => spansOf(traceId).map(({ parentSpanId }) => parentSpanId), { timeout: 20_000 })
      .toContain(CLIENT_SPAN);
    await expect
      .poll(() => stack.readLog("fastapi"))
      .toContain(`${response.headers.get("x-request-id")} ${traceId}]`);
  });

  it.for(["nonsense", `00-${"0".repeat(32)}-${CLIENT_SPAN}-01`])(
    "an invalid traceparent begins a new trace: %s",
    async (traceparent, { expect }) => {
      const response = await member.fetch("/backend/api/me", { headers: { traceparent } });
      expect(response.status).toBe(200);
      const { upstream } = await gateSpansOf(response, expect);
      expect(upstream?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    },
  );

  it("the app's server and its requests to FastAPI continue the trace of a request", async ({ expect }) => {
    const leaver = new Visitor(stack.origin);
    await leaver.signUp(`${randomUUID()}@example.com`);
    const traceId = newTraceId();
    const headers = { traceparent: `00-${traceId}-${CLIENT_SPAN}-01` };
    const body = { password: "correct-horse-battery" };
    const deleted = await leaver.post("/api/auth/delete-user", body, headers);
    expect(deleted.status).toBe(200);
    await expect
      .poll(() => stack.readLog("fastapi"))
      .toContain(`[${deleted.headers.get("x-request-id")} ${traceId}]`);
    const call = () => spansOf(traceId).find(({ name }) => name.includes("/api/account"));
    await expect.poll(call, { timeout: 20_000 }).toBeDefined();
  });

  it("a log line contains the trace id", async ({ expect }) => {
    const response = await new Visitor(stack.origin).fetch("/backend/api/me");
    const line = () =>
      stack
        .readLog("next")
        .split("\n")
        .find((text) => text.includes(response.headers.get("x-request-id") ?? ""));
    await expect.poll(line).toMatch(/"trace_id":"[0-9a-f]{32}"/);
  });
});

it("no span of the gate contains a JWT, a cookie or an email address", () => {
  const own = collector.spans.filter((span) => attribute(span, "gatehouse.request_id"));
  expect(own.length).toBeGreaterThan(0);
  expect(JSON.stringify(own)).not.toMatch(/eyJ|@example|better-auth/);
});

it("requests succeed while the collector is unreachable", async () => {
  const env = { ...otel(), OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const stack = await startFullStack({ gate: env, database, distDir: DIST_DIR });
  try {
    const member = new Visitor(stack.origin);
    await member.signUp(`${randomUUID()}@example.com`);
    expect((await member.fetch("/backend/api/me")).status).toBe(200);
  } finally {
    await stack.stop();
  }
});

it("a build without traces logs tracing_not_built when OTEL_EXPORTER_OTLP_ENDPOINT is set", async () => {
  const stack = await startFullStack({ gate: otel(), database });
  try {
    await expect.poll(() => stack.readLog("next")).toContain('"code":"tracing_not_built"');
  } finally {
    await stack.stop();
  }
});
