import { beforeEach, expect, it } from "vitest";
import type { LogEntry } from "../../../../lib/log/log";
import { createReadiness, type Probe } from "../../../../lib/server/readiness";

const asker = { requestId: "id", traceId: undefined };

let time: number;
let logged: LogEntry[];
let checks: number;
let database: Probe;
/** Ends the wait: each pending check times out. */
let runOut: () => void;
let readiness: () => Promise<Record<"database" | "backend", string>>;

beforeEach(() => {
  time = 0;
  logged = [];
  checks = 0;
  database = async () => {};
  const isOver = new Promise<void>((resolve) => {
    runOut = resolve;
  });
  const ask = createReadiness({
    probes: {
      database: () => {
        checks += 1;
        return database();
      },
      backend: async () => {},
    },
    now: () => time,
    wait: () => isOver,
    log: (entry) => logged.push(entry),
  });
  readiness = () => ask(asker);
});

it("readiness is ok if every part is ok", async () => {
  expect(await readiness()).toEqual({ database: "ok", backend: "ok" });
  expect(logged).toEqual([]);
});

it("readiness names the part that fails, and the log has the reason", async () => {
  database = () => Promise.reject(new Error("connect ECONNREFUSED"));
  expect(await readiness()).toEqual({ database: "failing", backend: "ok" });
  expect(logged).toEqual([
    expect.objectContaining({
      code: "not_ready",
      request_id: "id",
      what: "database failing, backend ok",
      error: "Error: connect ECONNREFUSED",
    }),
  ]);
});

it("readiness does not wait for a part that hangs", async () => {
  database = () => new Promise(() => {});
  const states = readiness();
  runOut();
  expect(await states).toEqual({ database: "timeout", backend: "ok" });
});

it("readiness is checked once for many callers, and again a second later", async () => {
  await Promise.all([readiness(), readiness()]);
  time = 999;
  await readiness();
  expect(checks).toBe(1);
  time = 1_000;
  await readiness();
  expect(checks).toBe(2);
});

it("readiness is ok again when the part is", async () => {
  database = () => Promise.reject(new Error("down"));
  await readiness();
  database = async () => {};
  time = 1_000;
  expect(await readiness()).toEqual({ database: "ok", backend: "ok" });
});

it("readiness is checked again after the clock has stepped back", async () => {
  time = 3_600_000;
  await readiness();
  time = 0;
  await readiness();
  expect(checks).toBe(2);
});
