import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Database, startApp, startDatabase } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { startEchoUpstream } from "../fixtures/echo-upstream";
import { startNginx } from "../fixtures/nginx";

/**
 * Several instances of the gate behind nginx, with one database: a session works on all of them,
 * and when it ends, it ends on all of them.
 */

/** SESSION_MAX_STALE_SECONDS of the gate. Seconds. */
const BOUND = 2;
const PASSWORD = "correct-horse-battery";

let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
let database: Database;
let nginx: Awaited<ReturnType<typeof startNginx<"gate" | "strict">>>;
let instances: App[];

beforeAll(async () => {
  [echo, database, nginx] = [
    await startEchoUpstream(),
    await startDatabase(),
    await startNginx(["gate", "strict"]),
  ];
  const start = (name: "gate" | "strict", bound: number) =>
    startApp(
      {
        BACKEND_URL: echo.url,
        BETTER_AUTH_URL: nginx.origin(name),
        CLIENT_ADDRESS_HEADER: "x-real-ip",
        SESSION_MAX_STALE_SECONDS: String(bound),
      },
      database,
    );
  instances = [await start("gate", BOUND), await start("gate", BOUND), await start("strict", 0)];
  const [one = "", other = "", strict = ""] = instances.map(({ origin }) => origin);
  await nginx.route({ gate: [one, other], strict: [strict] });
});
afterAll(async () => {
  await nginx?.stop();
  for (const instance of instances ?? []) await instance.stop();
  await database?.stop();
  await echo?.stop();
});

let people = 0;

interface Account {
  email: string;
  /** The device that ends the session. */
  here: Visitor;
  /** Another device that is signed in to the same account. */
  elsewhere: Visitor;
}

async function signInTwice(origin: string): Promise<Account> {
  const email = `member-${++people}@example.com`;
  const [here, elsewhere] = [new Visitor(origin), new Visitor(origin)];
  await here.signUp(email, "Member", PASSWORD);
  expect((await elsewhere.signIn(email, PASSWORD)).status).toBe(200);
  return { email, here, elsewhere };
}

const statusAt = async (origin: string, cookie: string, path = "/backend/x") =>
  (await fetch(origin + path, { headers: { cookie } })).status;

/** Returns the id of the other session, as in the list of devices. */
async function otherSession({ here }: Account): Promise<string> {
  const mine = (await (await here.fetch("/api/auth/get-session")).json()) as { session: { id: string } };
  const all = (await (await here.fetch("/api/auth/list-sessions")).json()) as { id: string }[];
  return all.find(({ id }) => id !== mine.session.id)?.id ?? "";
}

type End = (account: Account) => Promise<Response>;
const waysToEnd: [name: string, whose: "own" | "other", end: End][] = [
  ["a sign-out", "own", ({ here }) => here.post("/api/auth/sign-out", {})],
  [
    "revoking one session",
    "other",
    async (account) =>
      account.here.post("/api/auth/revoke-session-by-id", { id: await otherSession(account) }),
  ],
  ["revoking the other sessions", "other", ({ here }) => here.post("/api/auth/revoke-other-sessions", {})],
  [
    "a change of password",
    "other",
    ({ here }) =>
      here.post("/api/auth/change-password", {
        currentPassword: PASSWORD,
        newPassword: "another-horse-battery",
      }),
  ],
  [
    "the deletion of the account",
    "other",
    ({ here }) => here.post("/api/auth/delete-user", { password: PASSWORD }),
  ],
];

it("a session of one instance works on every other one, also behind nginx", async () => {
  const { here } = await signInTwice(nginx.origin("gate"));
  for (const { origin } of instances) expect(await statusAt(origin, here.cookieHeader)).toBe(200);
  const through = await Promise.all(
    Array.from({ length: 6 }, () => statusAt(nginx.origin("gate"), here.cookieHeader)),
  );
  expect(through).toEqual([200, 200, 200, 200, 200, 200]);
});

describe.each(waysToEnd)("after %s", (name, whose, end) => {
  it(`every instance refuses a copy of the cookies after ${BOUND} s`, async () => {
    const account = await signInTwice(nginx.origin("gate"));
    const copy = (whose === "own" ? account.here : account.elsewhere).cookieHeader;
    const gates = instances.slice(0, 2);
    // Both gates have the session in their caches now, and would continue to trust it.
    for (const { origin } of gates) expect(await statusAt(origin, copy)).toBe(200);

    const ended = await end(account);
    expect(ended.status, await ended.clone().text()).toBe(200);
    const since = performance.now();
    /** When the last accepted request to each gate was sent. Its duration does not matter. */
    const accepted = await Promise.all(
      gates.map(async ({ origin }) => {
        for (let last = 0; ; ) {
          const sent = performance.now() - since;
          if ((await statusAt(origin, copy)) !== 200) return last;
          last = Math.round(sent);
          await sleep(20);
        }
      }),
    );
    console.log(`${name}: last accepted after ${accepted.join(" and ")} ms of ${BOUND * 1000}`);
    expect(Math.max(...accepted)).toBeLessThan(BOUND * 1000);
    for (const { origin } of gates) expect(await statusAt(origin, copy)).toBe(401);
  });

  it("an instance with a bound of 0 refuses at once", async () => {
    const account = await signInTwice(nginx.origin("strict"));
    const copy = (whose === "own" ? account.here : account.elsewhere).cookieHeader;
    expect(await statusAt(nginx.origin("strict"), copy)).toBe(200);
    expect((await end(account)).status).toBe(200);
    expect(await statusAt(nginx.origin("strict"), copy)).toBe(401);
  });
});

it("the instance that handles a sign-out refuses the session at once", async () => {
  const [one] = instances;
  const { here } = await signInTwice(nginx.origin("gate"));
  const copy = here.cookieHeader;
  const direct = one?.origin ?? "";
  expect(await statusAt(direct, copy)).toBe(200);
  const headers = { cookie: copy, origin: nginx.origin("gate"), "content-type": "application/json" };
  await fetch(`${direct}/api/auth/sign-out`, { method: "POST", headers, body: "{}" });
  expect(await statusAt(direct, copy)).toBe(401);
});

it("a path with a staleness bound of 0 refuses an ended session at once on every instance", async () => {
  const account = await signInTwice(nginx.origin("gate"));
  const copy = account.elsewhere.cookieHeader;
  const strictPath = "/backend/api/account/export";
  for (const { origin } of instances) expect(await statusAt(origin, copy, strictPath)).toBe(200);
  await account.here.post("/api/auth/revoke-other-sessions", {});
  for (const { origin } of instances) expect(await statusAt(origin, copy, strictPath)).toBe(401);
  // The same path, percent-encoded: the backend would decode it.
  for (const { origin } of instances) {
    expect(await statusAt(origin, copy, "/backend/api/%61ccount/export")).toBe(401);
  }
});

it("the device that changes the password stays signed in, and no user can end the session of another", async () => {
  const account = await signInTwice(nginx.origin("gate"));
  const stranger = await signInTwice(nginx.origin("gate"));
  const refused = await stranger.here.post("/api/auth/revoke-session-by-id", {
    id: await otherSession(account),
  });
  expect(refused.status).toBe(404);
  await waysToEnd[3]?.[2](account);
  expect(await statusAt(nginx.origin("strict"), account.here.cookieHeader)).toBe(200);
});
