import { beforeEach, describe, expect, it, test } from "vitest";
import { createGate, type Gate } from "../../../../edge/gate";
import { createInspector } from "../../../../edge/observe/inspector/inspector";
import type { StoreResult } from "../../../../edge/session/store";
import type { GateEvent } from "../../../../lib/inspector";
import type { Routes } from "../../../../lib/routes";
import { identityOf } from "../../../../lib/token/contract";
import { signCookieCache, signSessionToken } from "../../../../scripts/stack/signing";
import { gateOptions } from "../../../fixtures/gate";
import { routes, routesWithAccess } from "../../../fixtures/routes";

const APP = "http://localhost:3000";
const ada = { id: "user-1", email: "ada@example.com", name: "Ada" };
const identity = identityOf(ada, { id: "session-1" });

let time: number;
let reply: () => Promise<StoreResult>;
let gate: Gate;
let cookie: string;

beforeEach(async () => {
  time = Date.UTC(2026, 0, 1);
  reply = async () => ({ session: { identity, expiresAt: time + 86_400_000 }, setCookies: [] });
  cookie = `better-auth.session_token=${await signSessionToken("abc")}`;
  start(routes);
});

function start(paths: Routes): void {
  const effects = gateOptions(APP, { store: () => reply(), now: () => time }, { routes: paths });
  let ticks = 0;
  const inspector = createInspector({ ...effects, clock: () => ++ticks });
  gate = inspector.serve(createGate({ ...effects, observers: [inspector.observer] }));
}

const send = (path: string, init: RequestInit = {}) => gate(new Request(APP + path, init));
const asMember = (headers: Record<string, string> = {}) => ({ headers: { cookie, ...headers } });

/** The events that the stream has sent so far. */
async function readEvents(): Promise<GateEvent[]> {
  const stream = await send("/dev/gate/events");
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  await send("/the-end", { headers: { accept: "text/html" } });
  const events: GateEvent[] = [];
  while (reader) {
    const { value = "" } = await reader.read();
    for (const [, data] of value.matchAll(/^data: (.*)$/gm)) {
      const event = JSON.parse(data ?? "");
      if (event.path === "/the-end") {
        await reader.cancel();
        return events;
      }
      events.push(event);
    }
  }
  return events;
}

describe("an event of the gate names as the source of the session", () => {
  it("the store for the first request, and memory for the next", async () => {
    await send("/backend/x", asMember());
    await send("/backend/x", asMember());
    expect((await readEvents()).map(({ session }) => session)).toEqual(["store", "memory"]);
  });

  it("the signed cookie cache", async () => {
    const data = await signCookieCache({ token: "abc", updatedAt: time });
    await send("/backend/x", asMember({ cookie: `${cookie}; better-auth.session_data=${data}` }));
    expect(await readEvents()).toMatchObject([{ session: "cookie" }]);
  });

  it("invalid, for a program's credential", async () => {
    await send("/backend/x", { headers: { authorization: "Bearer invented" } });
    expect(await readEvents()).toMatchObject([
      {
        session: "invalid",
        code: "gate_invalid_credential",
        reason: expect.stringContaining("key or token"),
      },
    ]);
  });

  it("none, not needed, or unreachable", async () => {
    await send("/backend/x");
    await send("/");
    reply = () => Promise.reject(new Error("down"));
    await send("/backend/x", asMember());
    expect((await readEvents()).map(({ session }) => session)).toEqual(["none", "not needed", "unreachable"]);
  });
});

test.each<[what: string, path: string, init: RequestInit, shown: Partial<GateEvent>]>([
  ["a public page", "/", {}, { kind: "public-page", outcome: "passed" }],
  [
    "a call without a session",
    "/backend/x",
    {},
    { outcome: "refused", status: 401, code: "gate_signed_out" },
  ],
  ["a deceptive path", "/backend/a%2fb", {}, { outcome: "refused", status: 400, code: "gate_bad_path" }],
  [
    "a page without a session",
    "/dashboard",
    { headers: { accept: "text/html" } },
    { outcome: "redirected", status: 307 },
  ],
])("the event of %s has the outcome and the reason", async (_, path, init, shown) => {
  await send(path, init);
  expect(await readEvents()).toEqual([
    expect.objectContaining({ ...shown, reason: expect.stringMatching(/\w+ .*\.$/) }),
  ]);
});

test.each<[access: "optional" | "open", shown: Partial<GateEvent>, reason: RegExp]>([
  ["optional", { session: "none", outcome: "forwarded" }, /session is optional .* without a token/],
  ["open", { session: "not needed", outcome: "forwarded" }, /open path: .* caller's own Authorization/],
])("the event of a call to an %s path has the reason, and no token", async (access, shown, reason) => {
  start(routesWithAccess([{ path: "/backend/x", methods: ["GET"], access }]));
  await send("/backend/x");
  const [event] = await readEvents();
  expect(event).toMatchObject({ ...shown, reason: expect.stringMatching(reason) });
  expect(event?.tokenAge).toBeUndefined();
  expect(event?.steps.map(({ name }) => name)).toEqual(["session", "decide", "forward"]);
});

it("the reason in an event distinguishes a cookie without a session from no cookie", async () => {
  reply = async () => ({ session: null, setCookies: [] });
  await send("/backend/x", asMember());
  await send("/backend/x");
  const [stale, none] = await readEvents();
  expect(stale?.reason).toMatch(/there is no such session/);
  expect(none?.reason).toMatch(/has no session cookie/);
});

it("an event has the time of each step, and the age of the token", async () => {
  await send("/backend/x", asMember());
  time += 42_000;
  await send("/backend/x", asMember());
  const [first, second] = await readEvents();
  expect(first?.steps.map(({ name }) => name)).toEqual(["session", "decide", "mint", "forward"]);
  for (const [i, { start, took }] of first?.steps.entries() ?? []) {
    expect(took).toBeGreaterThan(0);
    expect(start + took).toBeLessThanOrEqual(first?.took ?? 0);
    expect(start).toBeGreaterThanOrEqual(first?.steps[i - 1]?.start ?? 0);
  }
  expect([first?.tokenAge, second?.tokenAge]).toEqual([0, 42]);
});

it("the inspector keeps the last 200 events", async () => {
  for (let i = 0; i < 250; i++) await send(`/backend/${i}`);
  const paths = (await readEvents()).map(({ path }) => path);
  expect(paths).toHaveLength(200);
  expect(paths.at(-1)).toBe("/backend/249");
});

it("an event contains no token, no cookie, no query and no personal data", async () => {
  const secret = "Zk3vQx8fW0nLr7Tc2bYpHs5uJd9aEgMi";
  await send(
    "/backend/users/ada@example.com?token=hunter2",
    asMember({ authorization: "Bearer abc.def.ghi" }),
  );
  await send(`/api/auth/reset-password/${secret}`, asMember());
  const text = JSON.stringify(await readEvents());
  expect(text).toContain("/api/auth/reset-password/…");
  for (const forbidden of [secret, "hunter2", "ada@", "eyJ", "Bearer", "better-auth", cookie]) {
    expect(text).not.toContain(forbidden);
  }
});

it("the page of the inspector needs no session and causes no event", async () => {
  expect((await send("/dev/gate")).headers.get("x-middleware-next")).toBe("1");
  expect(await readEvents()).toEqual([]);
});
