import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeJwt } from "jose";
import { Visitor } from "../stack/visitor";
import { EVENTS } from "./soak-upstream";

/** What visitors do. Every response is checked. */

/**
 * The header that gives the gate under test a client's address. The rate limits of sign-in count
 * requests per address.
 */
export const ADDRESS_HEADER = "x-soak-address";

/** How many sessions are in use at the same time. */
const POOL = 40;

/** Thrown when a response is not the expected one. */
export class Unexpected extends Error {}

function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Unexpected(message);
}

/**
 * Creates the traffic for the app at `origin`. Call `prepare` first: it signs up the first
 * visitors.
 */
export function createTraffic(origin: string, maxBodyBytes: number) {
  const pool: Visitor[] = [];
  const emails: string[] = [];
  const bodies = [randomBytes(64 * 1024), randomBytes(1024 * 1024), randomBytes(maxBodyBytes)];
  const hashes = bodies.map((body) => createHash("sha256").update(body).digest("hex"));
  const tooMuch = randomBytes(maxBodyBytes + 1);
  let addresses = 0;

  const nextAddress = () => {
    const n = ++addresses;
    return { [ADDRESS_HEADER]: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}` };
  };
  const pickVisitor = () => pool[Math.floor(Math.random() * pool.length)] as Visitor;

  async function signUp(): Promise<void> {
    const visitor = new Visitor(origin);
    const email = `soak-${emails.length}@example.com`;
    const account = { email, name: "Ada", password: "correct-horse-battery" };
    const response = await visitor.post("/api/auth/sign-up/email", account, nextAddress());
    expect(response.ok, `sign-up: ${response.status} ${await response.text()}`);
    emails.push(email);
    pool.push(visitor);
  }

  async function signIn(): Promise<void> {
    const visitor = new Visitor(origin);
    const account = { email: emails[addresses % emails.length], password: "correct-horse-battery" };
    const response = await visitor.post("/api/auth/sign-in/email", account, nextAddress());
    expect(response.ok, `sign-in: ${response.status} ${await response.text()}`);
    await call(visitor);
    pool.push(visitor);
    if (pool.length > POOL) await signOut();
  }

  async function signOut(): Promise<void> {
    if (pool.length < 4) return;
    const [visitor] = pool.splice(Math.floor(Math.random() * pool.length), 1) as [Visitor];
    const cookie = visitor.cookieHeader;
    const response = await visitor.post("/api/auth/sign-out", {}, nextAddress());
    expect(response.ok, `sign-out: ${response.status} ${await response.text()}`);
    const after = await fetch(`${origin}/backend/echo`, { headers: { cookie } });
    expect(after.status === 401, `a call with cookies that were signed out: ${after.status}`);
    await after.arrayBuffer();
  }

  async function call(visitor = pickVisitor()): Promise<void> {
    const response = await visitor.fetch("/backend/echo");
    const text = await response.text();
    expect(response.status === 200, `a call: ${response.status} ${text}`);
    const { authorization, cookie } = JSON.parse(text);
    expect(cookie === undefined, "the backend received a cookie");
    expect(typeof decodeJwt(authorization.replace("Bearer ", "")).sub === "string", "a call without a user");
  }

  async function openPage(): Promise<void> {
    const response = await pickVisitor().fetch("/device", { headers: { accept: "text/html" } });
    const text = await response.text();
    expect(response.status === 200 && text.includes("<html"), `a page: ${response.status}`);
  }

  async function visitSignedOut(): Promise<void> {
    const page = await fetch(`${origin}/device`, { redirect: "manual" });
    expect(page.status === 307, `a signed-out page: ${page.status}`);
    const refused = await fetch(`${origin}/backend/echo`);
    expect(refused.status === 401, `a signed-out call: ${refused.status}`);
    await refused.arrayBuffer();
  }

  async function upload(): Promise<void> {
    const which = Math.floor(Math.random() * bodies.length);
    const headers = { "content-type": "application/octet-stream", origin };
    const init = { method: "POST", headers, body: bodies[which] };
    const response = await pickVisitor().fetch("/backend/echo", init);
    const text = await response.text();
    expect(response.status === 200, `an upload: ${response.status} ${text}`);
    expect(JSON.parse(text).sha256 === hashes[which], "the backend received a different upload");
  }

  async function uploadTooMuch(): Promise<void> {
    // Send the whole body: Next sends the gate's refusal only after it has read the body.
    const init = { method: "POST", headers: { origin }, body: tooMuch };
    const response = await pickVisitor().fetch("/backend/echo", init);
    const text = await response.text();
    expect(response.status === 413, `an upload over the limit: ${response.status} ${text}`);
  }

  async function readEvents({ disconnects }: { disconnects: boolean }): Promise<void> {
    const sent = send("GET", "/backend/events", { accept: "text/event-stream" });
    sent.end();
    const [response] = await once(sent, "response");
    expect(response.statusCode === 200, `events: ${response.statusCode}`);
    response.setEncoding("utf8");
    let text = "";
    for await (const piece of response) {
      text += piece;
      if (disconnects) break;
    }
    const wanted = disconnects ? 1 : EVENTS;
    expect(text.includes(`data: ${wanted}\n\n`), `events: ${JSON.stringify(text)}`);
  }

  async function disconnect(): Promise<void> {
    const uploads = Math.random() < 0.5;
    const sent = uploads
      ? send("POST", "/backend/echo", { "content-length": String(1024 * 1024), origin })
      : send("GET", "/backend/slow");
    if (uploads) sent.write(bodies[0]);
    else sent.end();
    sent.on("response", (response) => response.resume());
    await sleep(50 + Math.random() * 300);
    sent.destroy();
  }

  function send(method: string, path: string, headers: Record<string, string> = {}) {
    const all = { cookie: pickVisitor().cookieHeader, ...headers };
    const sent = request(origin + path, { method, headers: all, agent: false });
    // Ignore errors of connections that are cut on purpose. If a connection breaks too early, the
    // code that waits for its response times out.
    sent.on("error", () => {});
    return sent;
  }

  /**
   * The weight of each kind of traffic: its share is the weight divided by the sum of all weights.
   */
  const kinds: readonly [name: string, weight: number, act: () => Promise<void>][] = [
    ["warm call", 700, () => call()],
    ["page", 40, openPage],
    ["signed out", 60, visitSignedOut],
    ["sign-in", 12, signIn],
    ["sign-out", 6, signOut],
    ["upload", 10, upload],
    ["upload over the limit", 4, uploadTooMuch],
    ["events to the end", 15, () => readEvents({ disconnects: false })],
    ["events, client disconnects", 15, () => readEvents({ disconnects: true })],
    ["client disconnects midway", 20, disconnect],
  ];
  const total = kinds.reduce((sum, [, weight]) => sum + weight, 0);

  return {
    names: kinds.map(([name]) => name),
    async prepare() {
      for (let i = 0; i < 5; i++) await signUp();
    },
    /** Picks something that a visitor might do now, at random by weight. */
    pick() {
      let left = Math.random() * total;
      const picked = kinds.find(([, weight]) => {
        left -= weight;
        return left < 0;
      });
      const [name, , act] = picked ?? (kinds[0] as (typeof kinds)[0]);
      return { name, act };
    },
  };
}
