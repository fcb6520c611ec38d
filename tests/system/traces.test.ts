import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildApp } from "../../scripts/stack/next";
import { type FullStack, startFullStack, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { type CollectedSpan, startCollector } from "../fixtures/collector";

/** A build that exports traces to a collector. */

const DIST_DIR = ".next-traced";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";

let collector: Awaited<ReturnType<typeof startCollector>>;

beforeAll(async () => {
  collector = await startCollector();
  await buildApp({ env: testEnv({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }), distDir: DIST_DIR });
}, 600_000);
afterAll(() => collector?.stop());

const otel = () => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_BSP_SCHEDULE_DELAY: "100",
});
const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);
const attribute = (span: CollectedSpan | undefined, name: string) =>
  Object.values(span?.attributes.find(({ key }) => key === name)?.value ?? {})[0];

describe.each(["rewrite", "relay"])("forwarding by %s", (forwarding) => {
  let stack: FullStack;
  let member: Visitor;

  beforeAll(async () => {
    stack = await startFullStack({ gate: { ...otel(), BACKEND_FORWARD: forwarding }, distDir: DIST_DIR });
    member = new Visitor(stack.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(() => stack?.stop());

  /** Returns the gate's spans for this request, by name. */
  async function gateSpansOf(response: Response) {
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

  it("session, mint and upstream are one trace, which FastAPI goes on with", async () => {
    const response = await member.fetch("/backend/api/tasks");
    expect(response.status).toBe(200);
    const { session, mint, upstream } = await gateSpansOf(response);
    expect(mint?.traceId).toBe(session?.traceId);
    expect(upstream?.traceId).toBe(session?.traceId);
    expect(attribute(session, "gatehouse.session.state")).toBe("active");
    expect(attribute(session, "gatehouse.session.source")).toMatch(/^(memory|cookie|store)$/);
    const requestId = response.headers.get("x-request-id");
    await expect.poll(() => stack.readLog("fastapi")).toContain(`[${requestId} ${upstream?.traceId}]`);
  });

  it("a client's trace is continued, below the client's own span", async () => {
    const traceparent = `00-${TRACE_ID}-${CLIENT_SPAN}-01`;
    const response = await member.fetch("/backend/api/me", { headers: { traceparent } });
    const { upstream } = await gateSpansOf(response);
    expect(upstream?.traceId).toBe(TRACE_ID);
    const parents = new Set(spansOf(TRACE_ID).map(({ parentSpanId }) => parentSpanId));
    expect(parents).toContain(CLIENT_SPAN);
    await expect
      .poll(() => stack.readLog("fastapi"))
      .toContain(`${response.headers.get("x-request-id")} ${TRACE_ID}]`);
  });

  it.each(["nonsense", `00-${"0".repeat(32)}-${CLIENT_SPAN}-01`])(
    "a traceparent that cannot be read begins another: %s",
    async (traceparent) => {
      const response = await member.fetch("/backend/api/me", { headers: { traceparent } });
      expect(response.status).toBe(200);
      const { upstream } = await gateSpansOf(response);
      expect(upstream?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    },
  );

  it("a page goes on with the trace, and so does what it asks of FastAPI", async () => {
    const traceId = crypto.randomUUID().replaceAll("-", "");
    const page = await member.fetch("/dashboard", {
      headers: { traceparent: `00-${traceId}-${CLIENT_SPAN}-01` },
    });
    expect(page.status).toBe(200);
    await expect
      .poll(() => stack.readLog("fastapi"))
      .toContain(`[${page.headers.get("x-request-id")} ${traceId}]`);
    const call = () => spansOf(traceId).find(({ name }) => name.includes("/api/tasks"));
    await expect.poll(call, { timeout: 20_000 }).toBeDefined();
  });

  it("a line of the log names the trace", async () => {
    const response = await new Visitor(stack.origin).fetch("/backend/api/me");
    const line = () =>
      stack
        .readLog("next")
        .split("\n")
        .find((text) => text.includes(response.headers.get("x-request-id") ?? ""));
    await expect.poll(line).toMatch(/"trace_id":"[0-9a-f]{32}"/);
  });

  it("no span of the gate's holds a token, a cookie or a person", async () => {
    const own = collector.spans.filter((span) => attribute(span, "gatehouse.request_id"));
    expect(own.length).toBeGreaterThan(0);
    expect(JSON.stringify(own)).not.toMatch(/eyJ|ada@example|better-auth/);
  });
});

it("a collector that is gone is no fault of the gate's", async () => {
  const env = { ...otel(), OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const stack = await startFullStack({ gate: env, distDir: DIST_DIR });
  try {
    const member = new Visitor(stack.origin);
    await member.signUp("ada@example.com");
    expect((await member.fetch("/backend/api/me")).status).toBe(200);
  } finally {
    await stack.stop();
  }
});

it("a build without traces says so when it is asked for them", async () => {
  const stack = await startFullStack({ gate: otel() });
  try {
    await expect.poll(() => stack.readLog("next")).toContain('"code":"tracing_not_built"');
  } finally {
    await stack.stop();
  }
});
