import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MAX_KEYS } from "../../lib/server/auth/api-keys";
import { type FullStack, startFullStack } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";

/** API keys, device sign-ins and the gate's own tokens, through the running app to FastAPI. */

/** `SESSION_MAX_STALE_SECONDS`. */
const BOUND = 3;
const PASSWORD = "correct-horse-battery";

let stack: FullStack;
let sql: Client;
let ada: Visitor;
let users = 0;

beforeAll(async () => {
  stack = await startFullStack({
    gate: { SESSION_MAX_STALE_SECONDS: String(BOUND), TOKEN_ENDPOINT: "on" },
  });
  sql = new Client(stack.databaseUrl);
  await sql.connect();
});
afterAll(async () => {
  await sql?.end();
  await stack?.stop();
});
beforeEach(async () => {
  ada = new Visitor(stack.origin);
  await ada.signUp(`ada-${++users}@example.com`);
});

const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
const call = (credential: string, path = "/backend/api/tasks", init: RequestInit = {}) =>
  fetch(stack.origin + path, { ...init, headers: { ...bearer(credential), ...init.headers } });

const newKey = { name: "CI", scope: "tasks:read", days: 30, password: PASSWORD };

async function createKey(visitor: Visitor, more: object = {}): Promise<{ key: string; id: string }> {
  const response = await visitor.post("/api/auth/api-key/create", { ...newKey, ...more });
  expect(response.status).toBe(200);
  return response.json();
}

async function expectInvalid(response: Response) {
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="gatehouse", error="invalid_token"');
  expect(await response.json()).toMatchObject({ code: "gate_invalid_credential" });
}

/** After the bound the gate must notice. */
async function expectInvalidSoon(credential: string) {
  await expect
    .poll(async () => (await call(credential)).status, { interval: 500, timeout: 15_000 })
    .toBe(401);
  await expectInvalid(await call(credential));
}

describe("an API key", () => {
  it("is shown once, reads tasks through the gate, and its use is recorded", async () => {
    const { key, id } = await createKey(ada);
    expect(await (await call(key)).json()).toMatchObject({ items: [] });
    const [listed, ...more] = await (await ada.fetch("/api/auth/api-key/list")).json();
    expect(more).toEqual([]);
    expect(listed).toEqual({
      id,
      name: "CI",
      start: key.slice(0, 9),
      scope: "tasks:read",
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      lastUsedAt: expect.any(String),
    });
    const page = await (await ada.fetch("/account/keys")).text();
    expect(page).toContain(key.slice(0, 9));
    expect(page).not.toContain(key);
    const { rows } = await sql.query('select row_to_json(k)::text as row from "apiKey" k');
    expect(JSON.stringify(rows)).not.toContain(key.slice(9));
  });

  it("does only what its scope names", async () => {
    const { key } = await createKey(ada);
    const task = { id: crypto.randomUUID(), title: "Buy milk" };
    const write = (credential: string) =>
      call(credential, "/backend/api/tasks", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(task),
      });
    const refused = await write(key);
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer error="insufficient_scope", scope="tasks:write"',
    );
    const { key: writer } = await createKey(ada, { scope: "tasks:read tasks:write" });
    expect((await write(writer)).status).toBe(201);
    expect(await (await call(key)).json()).toMatchObject({ items: [{ title: "Buy milk" }] });
    // `CurrentUser` refuses programs.
    expect((await call(writer, "/backend/api/me")).status).toBe(403);
  });

  it("stops working within the bound when it is revoked, and nobody else can revoke it", async () => {
    const { key, id } = await createKey(ada);
    expect((await call(key)).status).toBe(200);
    const eve = new Visitor(stack.origin);
    await eve.signUp(`eve-${users}@example.com`);
    expect((await eve.post("/api/auth/api-key/revoke", { id })).status).toBe(404);
    expect(await (await eve.fetch("/api/auth/api-key/list")).json()).toEqual([]);
    expect((await ada.post("/api/auth/api-key/revoke", { id })).status).toBe(200);
    await expectInvalidSoon(key);
  });

  it("takes the password to create, and a recent sign-in of a user without one", async () => {
    for (const password of [undefined, "wrong"]) {
      const response = await ada.post("/api/auth/api-key/create", { ...newKey, password });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "INVALID_PASSWORD" });
    }
    const { user, session } = await (await ada.fetch("/api/auth/get-session")).json();
    await sql.query('delete from account where "userId" = $1', [user.id]);
    await createKey(ada, { password: undefined });
    await sql.query(`update session set "createdAt" = now() - interval '11 minutes' where id = $1`, [
      session.id,
    ]);
    const response = await ada.post("/api/auth/api-key/create", { ...newKey, password: undefined });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "SESSION_EXPIRED" });
  });

  it.each<[object, string]>([
    [{ name: " " }, "INVALID_KEY_NAME"],
    [{ name: "x".repeat(101) }, "INVALID_KEY_NAME"],
    [{ name: undefined }, "INVALID_KEY_NAME"],
    [{ scope: "" }, "INVALID_SCOPE"],
    [{ scope: "tasks:read  tasks:write" }, "INVALID_SCOPE"],
    [{ scope: "admin" }, "INVALID_SCOPE"],
    [{ scope: "constructor" }, "INVALID_SCOPE"],
    [{ scope: ["tasks:read"] }, "INVALID_SCOPE"],
    [{ days: 0 }, "INVALID_KEY_LIFE"],
    [{ days: 366 }, "INVALID_KEY_LIFE"],
    [{ days: "30" }, "INVALID_KEY_LIFE"],
  ])("is not created with %j", async (more, code) => {
    const response = await ada.post("/api/auth/api-key/create", { ...newKey, ...more });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
  });

  it("is not created for a visitor who is signed out, nor by another site", async () => {
    const guest = new Visitor(stack.origin);
    expect((await guest.post("/api/auth/api-key/create", newKey)).status).toBe(401);
    const foreign = { origin: "https://evil.example" };
    expect((await ada.post("/api/auth/api-key/create", newKey, foreign)).status).toBe(403);
    expect((await ada.post("/api/auth/api-key/revoke", { id: "x" }, foreign)).status).toBe(403);
  });

  it(`exists at most ${MAX_KEYS} times for a user, not counting those that have expired`, async () => {
    const { user } = await (await ada.fetch("/api/auth/get-session")).json();
    await createKey(ada);
    await sql.query(
      `insert into "apiKey" (id, name, start, hash, scope, "userId", "createdAt", "expiresAt")
       select n || $1, 'x', 'gate_', n || $1, 'tasks:read', $1, now(), now() + interval '1 day'
       from generate_series(2, $2::int) n`,
      [user.id, MAX_KEYS],
    );
    const response = await ada.post("/api/auth/api-key/create", newKey);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "TOO_MANY_KEYS" });
    await sql.query(`update "apiKey" set "expiresAt" = now() where "userId" = $1 and name = 'x'`, [user.id]);
    await createKey(ada);
    expect(await (await ada.fetch("/api/auth/api-key/list")).json()).toHaveLength(2);
  });

  it("is revoked by a new password", async () => {
    const { key } = await createKey(ada);
    const change = { currentPassword: PASSWORD, newPassword: "another-horse-battery" };
    const wrong = { ...change, currentPassword: "wrong-horse" };
    expect((await ada.post("/api/auth/change-password", wrong)).status).toBe(400);
    expect(await (await ada.fetch("/api/auth/api-key/list")).json()).toHaveLength(1);
    expect((await ada.post("/api/auth/change-password", change)).status).toBe(200);
    expect(await (await ada.fetch("/api/auth/api-key/list")).json()).toEqual([]);
    await expectInvalidSoon(key);
  });

  it("is deleted with its user, as is a device sign-in", async () => {
    const { key } = await createKey(ada);
    const { user } = await (await ada.fetch("/api/auth/get-session")).json();
    const device = await startDeviceSignIn();
    await ada.fetch(`/api/auth/device?user_code=${device.user_code}`);
    expect((await ada.post("/api/auth/delete-user", { password: PASSWORD })).status).toBe(200);
    for (const table of ["apiKey", "deviceCode", "session", "account"]) {
      const { rows } = await sql.query(`select id from "${table}" where "userId" = $1`, [user.id]);
      expect(rows, table).toEqual([]);
    }
    await expectInvalidSoon(key);
  });
});

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const CLIENT = { client_id: "gatehouse-cli" };

const sendForm = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(stack.origin + path, { method: "POST", headers, body: new URLSearchParams(form) });

async function startDeviceSignIn() {
  const response = await sendForm("/api/auth/device/code", CLIENT, { "user-agent": "gatehouse-cli/1.0" });
  expect(response.status).toBe(200);
  return (await response.json()) as {
    device_code: string;
    user_code: string;
    verification_uri: string;
    expires_in: number;
    interval: number;
  };
}

const requestToken = (device_code: string) =>
  sendForm("/api/auth/device/token", { grant_type: GRANT, device_code, ...CLIENT });

/** So that a test does not have to wait between two requests for the token. */
const allowPolling = () => sql.query('update "deviceCode" set "lastPolledAt" = null');

async function approveAndRequest(visitor: Visitor): Promise<string> {
  const { device_code, user_code } = await startDeviceSignIn();
  await visitor.fetch(`/api/auth/device?user_code=${user_code}`);
  expect((await visitor.post("/api/auth/device/approve", { userCode: user_code })).status).toBe(200);
  return (await (await requestToken(device_code)).json()).access_token;
}

describe("a device sign-in", () => {
  it("gives a program a signed session token, once the user has approved it", async () => {
    const device = await startDeviceSignIn();
    expect(device).toMatchObject({
      user_code: expect.stringMatching(/^[A-HJ-NP-Z2-9]{8}$/),
      verification_uri: `${stack.origin}/device`,
      expires_in: 600,
      interval: 5,
    });
    const pending = await requestToken(device.device_code);
    expect(pending.status).toBe(400);
    expect(await pending.json()).toMatchObject({ error: "authorization_pending" });
    expect(await (await requestToken(device.device_code)).json()).toMatchObject({ error: "slow_down" });

    const shown = await ada.fetch(`/api/auth/device?user_code=${device.user_code}`);
    expect(await shown.json()).toMatchObject({
      status: "pending",
      client_name: "Gatehouse CLI",
      user_agent: "gatehouse-cli/1.0",
      ip_address: null,
      requested_at: expect.any(String),
    });
    expect((await ada.post("/api/auth/device/approve", { userCode: device.user_code })).status).toBe(200);
    await allowPolling();
    const response = await requestToken(device.device_code);
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([...response.headers.keys()]).not.toContain("set-auth-token");
    expect(response.headers.get("cache-control")).toContain("no-store");
    const { access_token, token_type, expires_in } = await response.json();
    expect({ token_type, expires_in }).toEqual({ token_type: "Bearer", expires_in: expect.any(Number) });

    // An ordinary session of the user: no scope, and every endpoint.
    const me = await (await call(access_token, "/backend/api/me")).json();
    expect(me).toMatchObject({ email: `ada-${users}@example.com` });
    // The raw token, without its signature.
    await expectInvalid(await call(access_token.split(".")[0]));
    // The code works once.
    expect(await (await requestToken(device.device_code)).json()).toMatchObject({ error: "invalid_grant" });
  });

  it("ends within the bound when the user signs the device out", async () => {
    const token = await approveAndRequest(ada);
    expect((await call(token)).status).toBe(200);
    expect(await (await ada.fetch("/api/auth/list-sessions")).json()).toHaveLength(2);
    await ada.post("/api/auth/revoke-other-sessions", {});
    await expectInvalidSoon(token);
  });

  it("is no recent sign-in, so it creates no key for a user without a password", async () => {
    const token = await approveAndRequest(ada);
    const { rows } = await sql.query('select "userId" from session where token = $1', [token.split(".")[0]]);
    await sql.query('update account set password = null where "userId" = $1', [rows[0].userId]);
    const body = JSON.stringify({ name: "CI", scope: "tasks:read", days: 30 });
    const create = (cookie: string) =>
      fetch(`${stack.origin}/api/auth/api-key/create`, {
        method: "POST",
        headers: { cookie, origin: stack.origin, "content-type": "application/json" },
        body,
      });
    const refused = await create(`better-auth.session_token=${encodeURIComponent(token)}`);
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: "SESSION_EXPIRED" }]);
    expect((await ada.post("/api/auth/api-key/create", JSON.parse(body))).status).toBe(200);
  });

  it.each([
    ["/api/auth/change-password", { currentPassword: PASSWORD, newPassword: "another-horse-battery" }],
    ["/api/auth/revoke-other-sessions", {}],
  ])("that was approved before POST %s gives no token after it", async (path, body) => {
    const { device_code, user_code } = await startDeviceSignIn();
    await ada.fetch(`/api/auth/device?user_code=${user_code}`);
    await ada.post("/api/auth/device/approve", { userCode: user_code });
    expect((await ada.post(path, body)).status).toBe(200);
    expect(await (await requestToken(device_code)).json()).toMatchObject({ error: "invalid_grant" });
  });

  it("that the user denies gives no token", async () => {
    const { device_code, user_code } = await startDeviceSignIn();
    await ada.fetch(`/api/auth/device?user_code=${user_code}`);
    expect((await ada.post("/api/auth/device/deny", { userCode: user_code })).status).toBe(200);
    expect(await (await requestToken(device_code)).json()).toMatchObject({ error: "access_denied" });
  });

  it("is shown to nobody who is signed out, and approved only by the user who has entered the code", async () => {
    const { user_code } = await startDeviceSignIn();
    const guest = new Visitor(stack.origin);
    expect((await guest.fetch(`/api/auth/device?user_code=${user_code}`)).status).toBe(401);
    expect((await guest.post("/api/auth/device/approve", { userCode: user_code })).status).toBe(401);
    // Nobody has entered it.
    expect((await ada.post("/api/auth/device/approve", { userCode: user_code })).status).toBe(400);
    await ada.fetch(`/api/auth/device?user_code=${user_code}`);
    const eve = new Visitor(stack.origin);
    await eve.signUp(`eve-${users}@example.com`);
    const seen = await (await eve.fetch(`/api/auth/device?user_code=${user_code}`)).json();
    expect(seen).not.toHaveProperty("client_name");
    expect((await eve.post("/api/auth/device/approve", { userCode: user_code })).status).toBe(403);
    const foreign = { origin: "https://evil.example" };
    expect((await ada.post("/api/auth/device/approve", { userCode: user_code }, foreign)).status).toBe(403);
  });

  it("takes at most 10 user codes a minute from an account", async () => {
    const codes = Array.from({ length: 11 }, (_, n) => `AAAAAAA${"ABCDEFGHJKL"[n]}`);
    const statuses: number[] = [];
    for (const code of codes) statuses.push((await ada.fetch(`/api/auth/device?user_code=${code}`)).status);
    expect(statuses).toEqual([...Array(10).fill(400), 429]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["without a client", { client_id: "" }, "invalid_client"],
    ["for an unknown client", { client_id: "unknown" }, "invalid_client"],
    ["for the client constructor", { client_id: "constructor" }, "invalid_client"],
    ["with a scope", { ...CLIENT, scope: "tasks:read" }, "invalid_scope"],
    ["with a user", { ...CLIENT, user_id: "user-1" }, "invalid_scope"],
  ])("%s is refused", async (_, form, error) => {
    const response = await sendForm("/api/auth/device/code", form);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error });
  });

  it("with a repeated parameter is refused", async () => {
    const body = new URLSearchParams("client_id=gatehouse-cli&client_id=other");
    expect((await fetch(`${stack.origin}/api/auth/device/code`, { method: "POST", body })).status).toBe(400);
  });

  it("is for programs: a page gets neither a code nor a token", async () => {
    const { device_code } = await startDeviceSignIn();
    for (const path of ["code", "token"]) {
      const form = { grant_type: GRANT, device_code, ...CLIENT };
      const response = await sendForm(`/api/auth/device/${path}`, form, { "sec-fetch-site": "same-origin" });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: "token_not_for_pages" });
    }
  });

  it("that has expired is deleted when the next one starts", async () => {
    const { device_code } = await startDeviceSignIn();
    await sql.query(`update "deviceCode" set "expiresAt" = now() - interval '1 second'`);
    await startDeviceSignIn();
    const { rows } = await sql.query('select id from "deviceCode" where "deviceCode" = $1', [device_code]);
    expect(rows).toEqual([]);
  });

  it("writes no line to the log while a program waits", async () => {
    const { device_code } = await startDeviceSignIn();
    const before = stack.readLog("next").length;
    await requestToken(device_code);
    await requestToken(device_code);
    await requestToken("unknown");
    await expect.poll(() => stack.readLog("next").slice(before)).toContain('"what":"invalid_grant"');
    expect(stack.readLog("next").slice(before)).not.toMatch(/authorization_pending|slow_down/);
  });
});

describe("the token of GET /api/auth/token", () => {
  it("works through the gate as it does at FastAPI", async () => {
    const { token } = await (await ada.fetch("/api/auth/token")).json();
    const response = await call(token, "/backend/api/me");
    expect(await response.json()).toMatchObject({ email: `ada-${users}@example.com` });
    await expectInvalid(await call(`${token.slice(0, -4)}AAAA`, "/backend/api/me"));
  });
});

it("no response of Better Auth to a browser has a token in set-auth-token", async () => {
  const responses = [
    await ada.signIn(`ada-${users}@example.com`),
    await ada.fetch("/api/auth/get-session"),
    await ada.fetch("/device"),
  ];
  for (const response of responses) expect([...response.headers.keys()]).not.toContain("set-auth-token");
});
