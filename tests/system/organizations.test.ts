import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { decodeJwt } from "jose";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseEnv } from "../../lib/env";
import { type Identity, identityOf } from "../../lib/token/contract";
import { createMinter } from "../../lib/token/mint";
import { linkTree } from "../../scripts/lib/link-tree";
import { freePort, LOOPBACK } from "../../scripts/lib/ports";
import { type Environment, respondsAt, runProcess, startProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";
import { ensureTools } from "../../scripts/lib/tools";
import { ensureVenv } from "../../scripts/stack/backend";
import { type Database, startDatabase, testEnv } from "../../scripts/stack/test-stack";
import { Visitor } from "../../scripts/stack/visitor";
import { applySample, readSamples } from "../fixtures/guides";
import { copyProject, isolateFromProject, startCopy } from "../fixtures/project-copy";

/** A project that follows docs/organizations.md, with a real Better Auth, Postgres and FastAPI. */

const folder = path.join(root, ".data/organizations");
const logDir = mkdtempSync(path.join(tmpdir(), "gatehouse-organizations-"));
const samples = readSamples().filter(({ page }) => page === "organizations.md");
/** `SESSION_MAX_STALE_SECONDS` of the instances whose bound is measured. */
const BOUND = 3;

/** The functions that stop what was started. They run in reverse order. */
const started: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
  rmSync(logDir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

let database: Database;
let sql: pg.Client;
let env: Record<string, string>;

beforeAll(async () => {
  copyProject(folder);
  linkTree(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await Promise.all([ensureTools(), ensureVenv()]);
  for (const installed of ["scripts/tools/node_modules", "backend/.venv"]) {
    symlinkSync(path.join(root, installed), path.join(folder, installed));
  }
  for (const sample of samples.filter(({ file }) => file)) applySample(sample, folder);
  isolateFromProject(folder);
  // It has the tables of an app without organisations.
  database = await startDatabase();
  started.push(database.stop);
  sql = new pg.Client(database.url);
  await sql.connect();
  started.push(() => sql.end());
  env = testEnv({ ...database.env, BACKEND_URL: await startFastApi(), NEXT_TELEMETRY_DISABLED: "1" });
  const [migrate = ""] = samples.filter(({ language }) => language === "sh").map(({ text }) => text);
  const build = "node node_modules/next/dist/bin/next build";
  await runProcess({
    ...{ name: "organizations-build", command: "sh", args: ["-ec", `${migrate}\n${build}`], cwd: folder },
    ...{ env: { ...env, NODE_ENV: "production" }, logDir },
  });
}, 600_000);

/** The reference backend with the router of the page. */
async function startFastApi(): Promise<string> {
  const port = await freePort();
  const url = `http://${LOOPBACK}:${port}`;
  const child = await startProcess({
    ...{ name: "organizations-fastapi", command: await ensureVenv() },
    args: ["-m", "uvicorn", "main:app", "--port", String(port)],
    cwd: path.join(folder, "backend"),
    env: testEnv({ BETTER_AUTH_SECRET: "", BACKEND_SQLITE: path.join(logDir, "tasks.sqlite") }),
    ...{ logDir, ready: respondsAt(`${url}/health`) },
  });
  started.push(child.stop);
  return url;
}

/** Starts the built app, and returns its origin. */
async function startApp(more: Environment): Promise<string> {
  const app = await startCopy(folder, { ...env, ...more }, logDir);
  started.push(app.stop);
  return app.origin;
}

const INVOICES = "/backend/api/org/invoices";
const DOCUMENT = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

async function post<Result>(who: Visitor, name: string, body: object): Promise<Result> {
  const response = await who.post(`/api/auth/organization/${name}`, body);
  const result = await response.json();
  if (!response.ok) throw new Error(`${name}: ${response.status} ${JSON.stringify(result)}`);
  return result;
}

async function read(who: Visitor, path: string) {
  const response = await who.fetch(path);
  return { status: response.status, body: await response.json() };
}

async function signUp(origin: string, name: string) {
  const visitor = new Visitor(origin);
  const email = `${randomUUID()}@example.com`;
  await visitor.signUp(email, name);
  return { visitor, email };
}

/** A new organisation with an owner, and a member who has accepted an invitation. */
async function createTeam(origin: string) {
  const { visitor: owner } = await signUp(origin, "Olga");
  const { visitor: member, email } = await signUp(origin, "Max");
  const slug = `acme-${randomUUID()}`;
  const { id } = await post<{ id: string }>(owner, "create", { name: "Acme", slug });
  const invited = await post<{ id: string }>(owner, "invite-member", { email, role: "member" });
  await sql.query('update "user" set "emailVerified" = true where email = $1', [email]);
  const accepted = await post<{ member: { id: string } }>(member, "accept-invitation", {
    invitationId: invited.id,
  });
  return { owner, member, email, slug, id, memberId: accepted.member.id };
}

/** Waits until the path has this status, and returns after how many milliseconds it had. */
async function waitForStatus(who: Visitor, path: string, status: number): Promise<number> {
  const start = Date.now();
  while (Date.now() - start < 20_000) {
    const time = Date.now() - start;
    // A copy that keeps its cookies, as a thief would.
    const response = await fetch(who.origin + path, { headers: { cookie: who.cookieHeader } });
    if (response.status === status) return time;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} did not have the status ${status}`);
}

describe.each(["rewrite", "relay"])("organisations, with forwarding by %s", (forwarding) => {
  let origin: string;
  let other: string;
  beforeAll(async () => {
    const bound = { BACKEND_FORWARD: forwarding, SESSION_MAX_STALE_SECONDS: String(BOUND) };
    [origin, other] = await Promise.all([startApp(bound), startApp(bound)]);
  });

  it("FastAPI knows the active organisation at once after it was created or chosen", async () => {
    const { visitor: owner } = await signUp(origin, "Olga");
    await owner.fetch("/device", { headers: DOCUMENT });
    expect(await read(owner, "/backend/api/org")).toMatchObject({
      status: 403,
      body: { detail: "Choose an organisation first." },
    });
    const [acme, globex] = ["acme", "globex"].map((name) => `${name}-${randomUUID()}`);
    const ids: string[] = [];
    for (const slug of [acme, globex]) {
      const { id } = await post<{ id: string }>(owner, "create", { name: "A company", slug });
      ids.push(id);
      const body = { id, slug, role: "owner" };
      expect(await read(owner, "/backend/api/org")).toEqual({ status: 200, body });
    }
    await owner.fetch("/device", { headers: DOCUMENT });
    await post(owner, "set-active", { organizationSlug: acme });
    expect((await read(owner, "/backend/api/org")).body).toMatchObject({ id: ids[0], slug: acme });
    await post(owner, "set-active", { organizationId: null });
    expect((await read(owner, "/backend/api/org")).status).toBe(403);
  });

  it("a member is refused where an owner is not, by the gate and by the page", async () => {
    const { owner, member, slug, id } = await createTeam(origin);
    expect((await read(member, "/backend/api/org")).body).toEqual({ id, slug, role: "member" });
    expect(await read(member, INVOICES)).toMatchObject({
      status: 403,
      body: { code: "gate_forbidden", required: { org_role: ["owner", "admin"] } },
    });
    expect((await owner.post(INVOICES, {})).status).toBe(201);
    expect(await read(owner, INVOICES)).toEqual({ status: 200, body: ["An invoice by Olga"] });

    const page = (who: Visitor) => who.fetch("/billing", { headers: DOCUMENT });
    expect((await page(member)).status).toBe(404);
    // First from the database, then from the cookie cache that the gate has signed.
    for (const _ of ["database", "cookie"]) {
      const response = await page(owner);
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(new RegExp(`Billing of (<!-- -->)?${slug}`));
    }
  });

  it("the tenant of a call is that of the token", async () => {
    const [one, two] = [await createTeam(origin), await createTeam(origin)];
    await one.owner.post(INVOICES, {});
    expect((await read(two.owner, INVOICES)).body).toEqual([]);
    const refused = two.owner.post("/api/auth/organization/set-active", { organizationSlug: one.slug });
    expect((await refused).status).toBe(403);
    expect((await read(two.owner, INVOICES)).status).toBe(403);
  });

  it("a new role works within the bound, on another instance as well", async () => {
    const { owner, member, memberId } = await createTeam(origin);
    const elsewhere = new Visitor(other);
    for (const [name, value] of member.cookies) elsewhere.cookies.set(name, value);
    for (const visitor of [member, elsewhere]) {
      await visitor.fetch("/device", { headers: DOCUMENT });
      expect((await visitor.fetch(INVOICES)).status).toBe(403);
    }
    await post(owner, "update-member-role", { memberId, role: ["admin", "member"] });
    const times = [member, elsewhere].map((visitor) => waitForStatus(visitor, INVOICES, 200));
    for (const time of await Promise.all(times)) expect(time).toBeLessThan(BOUND * 1000 + 1_000);
  });

  it("a member who was removed is refused within the bound, on another instance as well", async () => {
    const { owner, member, memberId } = await createTeam(origin);
    await post(owner, "update-member-role", { memberId, role: "admin" });
    const elsewhere = new Visitor(other);
    for (const [name, value] of member.cookies) elsewhere.cookies.set(name, value);
    await waitForStatus(member, INVOICES, 200);
    // Both have the membership in memory and in the cookie cache.
    for (const visitor of [member, elsewhere]) {
      await visitor.fetch("/device", { headers: DOCUMENT });
      expect((await visitor.fetch(INVOICES)).status).toBe(200);
    }
    await post(owner, "remove-member", { memberIdOrEmail: memberId });
    const times = [member, elsewhere].map((visitor) => waitForStatus(visitor, INVOICES, 403));
    for (const time of await Promise.all(times)) expect(time).toBeLessThan(BOUND * 1000 + 1_000);
    expect((await member.fetch("/backend/api/org")).status).toBe(403);
    expect((await member.fetch("/billing", { headers: DOCUMENT })).status).toBe(404);
  });
});

describe("organisations", () => {
  let origin: string;
  beforeAll(async () => {
    origin = await startApp({ TOKEN_ENDPOINT: "on" });
  });

  it("FastAPI refuses a token without the role by itself", async () => {
    const mint = createMinter(parseEnv(env).jwt, () => randomUUID());
    const ada = identityOf({ id: "ada", email: "ada@example.com", name: "Ada" }, { id: "s" });
    const call = async (org: Identity["org"]) => {
      const { jwt } = await mint({ ...ada, org }, { issuedAt: Date.now() });
      const headers = { authorization: `Bearer ${jwt}` };
      const response = await fetch(`${env.BACKEND_URL}/api/org/invoices`, { headers });
      return [response.status, (await response.json()).code];
    };
    const acme = { id: "org-1", slug: "acme", role: "member" };
    expect(await call(acme)).toEqual([403, "insufficient_org_role"]);
    expect(await call({ ...acme, role: "member,admin" })).toEqual([200, undefined]);
  });

  it("a cookie cache proves a membership only if the gate has signed it", async () => {
    const { owner } = await createTeam(origin);
    const withoutStore = await startApp({ NEON_ENDPOINT: "http://127.0.0.1:9" });
    const call = async () =>
      (await fetch(withoutStore + INVOICES, { headers: { cookie: owner.cookieHeader } })).status;
    // Better Auth signs one with each of these responses.
    await owner.fetch("/api/auth/get-session");
    expect(owner.cookies.has("better-auth.session_data")).toBe(true);
    expect(await call()).toBe(503);
    owner.cookies.delete("better-auth.session_data");
    await owner.fetch("/device", { headers: DOCUMENT });
    expect(await call()).toBe(200);
  });

  it("the token endpoint names the active organisation, and an API key has none", async () => {
    const { owner, slug, id } = await createTeam(origin);
    const { token } = (await read(owner, "/api/auth/token")).body;
    expect(decodeJwt(token).org).toEqual({ id, slug, role: "owner" });
    const body = { name: "CI", scope: "tasks:read", days: 1, password: "correct-horse-battery" };
    const { key } = await (await owner.post("/api/auth/api-key/create", body)).json();
    const response = await fetch(origin + INVOICES, { headers: { authorization: `Bearer ${key}` } });
    expect([response.status, (await response.json()).required]).toEqual([
      403,
      { org_role: ["owner", "admin"] },
    ]);
  });

  it("only a user with a verified email can accept an invitation", async () => {
    const { owner } = await createTeam(origin);
    const { visitor, email } = await signUp(origin, "Mallory");
    const { id: invitationId } = await post<{ id: string }>(owner, "invite-member", {
      ...{ email, role: "admin" },
    });
    const response = await visitor.post("/api/auth/organization/accept-invitation", { invitationId });
    expect(response.status).toBe(403);
  });

  it.each([
    ["name", { name: "x".repeat(101) }],
    ["slug", { slug: "x".repeat(101) }],
    ["logo", { logo: `https://example.com/${"x".repeat(2_048)}` }],
    ["metadata", { metadata: { note: "x".repeat(2_048) } }],
  ])("a %s that is too long is refused", async (field, more) => {
    const { visitor } = await signUp(origin, "Olga");
    const organization = { name: "Acme", slug: `acme-${randomUUID()}` };
    const create = "/api/auth/organization/create";
    const created = await visitor.post(create, { ...organization, ...more });
    expect([created.status, (await created.json()).field]).toEqual([400, field]);
    await post(visitor, "create", organization);
    const updated = await visitor.post("/api/auth/organization/update", { data: more });
    expect([updated.status, (await updated.json()).field]).toEqual([400, field]);
  });

  it("a user who deletes the account leaves the organisation", async () => {
    const { member, id } = await createTeam(origin);
    const count = async () =>
      (await sql.query('select 1 from member where "organizationId" = $1', [id])).rows.length;
    expect(await count()).toBe(2);
    const response = await member.post("/api/auth/delete-user", { password: "correct-horse-battery" });
    expect(response.status).toBe(200);
    expect(await count()).toBe(1);
  });
});
