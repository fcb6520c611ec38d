import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FullStack, startFullStack } from "../../../scripts/stack/test-stack";
import { Visitor } from "../../../scripts/stack/visitor";
import { COLLECT_GARBAGE } from "../../fixtures/collect-garbage";
import { canPause, pause } from "../../fixtures/pause";

/** The dashboard and the tasks, whose server components call FastAPI: when it works and when not. */

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const UNAVAILABLE = "Your tasks could not be loaded";

describe("the pages of the demo", () => {
  let stack: FullStack;
  let member: Visitor;

  beforeAll(async () => {
    // The session must stay valid during the outage of the database.
    stack = await startFullStack({ gate: { SESSION_MAX_STALE_SECONDS: "600", ...COLLECT_GARBAGE } });
    member = new Visitor(stack.origin);
    await member.signUp("ada@example.com");
    expect((await member.post("/backend/api/tasks", { title: "Kept" })).status).toBe(201);
  });
  afterAll(() => stack?.stop());

  /** Opens the tasks, which must be shown as not available. */
  async function openUnavailable(): Promise<{ requestId: string | null; html: string }> {
    const page = await member.fetch("/tasks");
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain(UNAVAILABLE);
    expect(html).toContain("Try again");
    return { requestId: page.headers.get("x-request-id"), html };
  }

  it.each(["/dashboard", "/tasks"])("%s sends its request id and its trace to FastAPI", async (path) => {
    const page = await member.fetch(path, { headers: { traceparent } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Kept");
    const requestId = page.headers.get("x-request-id");
    await expect.poll(() => stack.readLog("fastapi")).toContain(`[${requestId} ${TRACE_ID}] INFO:`);
  });

  it("show a killed backend as an error with the id of its log line, and work after the restart", async () => {
    await stack.killBackend();
    const { requestId, html } = await openUnavailable();
    expect(html).toContain(`Request id: <!-- -->${requestId}`);
    const lines = () => stack.readLog("next").split("\n");
    await expect
      .poll(() => lines().filter((line) => line.includes(`"request_id":"${requestId}"`)))
      .toEqual([expect.stringMatching(/"code":"backend_call_failed".*"what":"load tasks"/)]);
    await stack.restartBackend();
    expect(await (await member.fetch("/tasks")).text()).toContain("Kept");
  });

  it.runIf(canPause)("show an error before the gate's own timeout when the backend hangs", async () => {
    const resume = pause(stack.backendPid);
    try {
      await openUnavailable();
    } finally {
      resume();
    }
    expect(await (await member.fetch("/tasks")).text()).toContain("Kept");
  });

  it("show the tasks to a visitor whose session is cached while the database is down", async () => {
    await stack.stopDatabase();
    const page = await member.fetch("/tasks");
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Kept");
  });
});

it("a page shows that FastAPI refuses the gate's token, and the visitor stays signed in", async () => {
  const stack = await startFullStack({
    backend: { JWT_SECRET_KEY: "another-key-another-key-another-key-99" },
  });
  try {
    const member = new Visitor(stack.origin);
    await member.signUp("grace@example.com");
    const page = await member.fetch("/tasks");
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(html).toContain(UNAVAILABLE);
    expect(html).toContain("The task service refused the request");
    expect((await member.fetch("/dashboard")).status).toBe(200);
  } finally {
    await stack.stop();
  }
});
