import { neon, neonConfig } from "@neondatabase/serverless";
import { afterEach, describe, expect, it } from "vitest";
import { createNeonQuery } from "../../../../edge/session/neon";
import { appSchema, lookupStatement } from "../../../../edge/session/statement";

/**
 * The gate's request to Neon is the one that the installed `@neondatabase/serverless` sends. After
 * an upgrade of the driver that changes it, change `edge/session/neon.ts`.
 */

const UPGRADED =
  "the installed driver sends another request than the gate: change neonTarget or APPLICATION_NAME in edge/session/neon.ts";

const NEON = "postgresql://ada:secret@ep-cool-name-123456.eu-central-1.aws.neon.tech/neondb";
const POOLED = "postgresql://ada:secret@ep-cool-name-123456-pooler.eu-central-1.aws.neon.tech/neondb";
const LOCAL = "http://127.0.0.1:4444";

const connections: [what: string, databaseUrl: string, neonEndpoint?: string][] = [
  ["a direct host", NEON],
  ["a pooled host", POOLED],
  ["the options of Neon's console", `${POOLED}?sslmode=require&channel_binding=require`],
  ["the scheme postgres", NEON.replace("postgresql:", "postgres:")],
  ["a port", "postgresql://ada:secret@ep-1.us-east-2.aws.neon.tech:5432/neondb"],
  ["the port of http", "postgresql://ada:secret@ep-1.us-east-2.aws.neon.tech:80/neondb"],
  ["a host in capitals", "postgresql://ada:secret@EP-1.US-EAST-2.aws.neon.tech/neondb"],
  ["an encoded password", "postgresql://ada:p%40ss%2Fw%3Ard%25%23%3F@ep-1.neon.tech/neondb"],
  [
    "a password with characters that URLs encode",
    "postgresql://ada:a'b\"c|d^e`f{g}é€😀~!*()@ep-1.neon.tech/neondb",
  ],
  ["an encoded user and database", "postgresql://a%20b:c@ep-1.neon.tech/my%20db"],
  ["no password", "postgresql://ada@ep-1.neon.tech/neondb"],
  ["an application name", `${NEON}?application_name=my%20app&sslmode=require`],
  ["an option with a space and a plus", `${NEON}?options=endpoint%3Dep-1+x&connect_timeout=10`],
  ["an endpoint in the options", `${NEON}?options=project%3Dep-1`],
  ["a name without dots", "postgresql://ada:secret@localhost/neondb", LOCAL],
  ["an IP address", "postgresql://ada:secret@127.0.0.1:5432/neondb", LOCAL],
  ["an IPv6 address", "postgresql://ada:secret@[::1]:5432/neondb", LOCAL],
  ["a local endpoint", "postgresql://postgres:postgres@127.0.0.1:54321/postgres", LOCAL],
  ["a local endpoint with TLS", NEON, "https://neon.example.com"],
];

interface Sent {
  url: string;
  method: string | undefined;
  headers: unknown;
  body: unknown;
}

const sentBy = (url: unknown, init: RequestInit | undefined): Sent => ({
  url: String(url),
  method: init?.method,
  headers: init?.headers,
  body: init?.body,
});

const statement = lookupStatement(appSchema);
const parameters = ["a".repeat(32), "2026-01-01T00:00:00.000Z", null, null];
const EMPTY = { fields: [], rows: [], command: "SELECT", rowCount: 0 };

const defaultEndpoint = neonConfig.fetchEndpoint;
afterEach(() => {
  neonConfig.fetchFunction = undefined;
  neonConfig.fetchEndpoint = defaultEndpoint;
});

async function sentByDriver(databaseUrl: string, neonEndpoint?: string): Promise<Sent | undefined> {
  let sent: Sent | undefined;
  // As lib/server/auth/neon-dialect.ts does.
  if (neonEndpoint) neonConfig.fetchEndpoint = `${new URL(neonEndpoint).origin}/sql`;
  neonConfig.fetchFunction = async (url: string, init: RequestInit) => {
    sent = sentBy(url, init);
    return Response.json(EMPTY);
  };
  await neon(databaseUrl, { disableWarningInBrowsers: true }).query(statement, parameters);
  return sent;
}

type Fetch = typeof fetch;
const openQuery = (databaseUrl: string, send: Fetch, neonEndpoint?: string) =>
  createNeonQuery({ databaseUrl, neonEndpoint }, { fetch: send, startTimer: () => () => {} });

async function sentByGate(databaseUrl: string, neonEndpoint?: string): Promise<Sent | undefined> {
  let sent: Sent | undefined;
  const send: Fetch = async (url, init) => {
    sent = sentBy(url, init);
    return Response.json(EMPTY);
  };
  await openQuery(databaseUrl, send, neonEndpoint)(statement, parameters);
  return sent;
}

describe("the gate's request to the database is the driver's", () => {
  it.each(connections)("for %s", async (_, databaseUrl, neonEndpoint) => {
    const expected = await sentByDriver(databaseUrl, neonEndpoint);
    expect(expected?.url).toMatch(/^https?:/);
    expect(await sentByGate(databaseUrl, neonEndpoint), UPGRADED).toEqual(expected);
  });
});

describe("without an endpoint, a database that is not Neon's gets no request", () => {
  it.each([
    "postgresql://ada:secret@db.example.com/app",
    "postgresql://ada:secret@localhost/app",
    "postgresql://ada:secret@127.0.0.1:5432/app",
    "postgresql://ada:secret@neon.tech.example.com/app",
    "postgresql://ada:secret@notneon.tech/app",
  ])("such as %s, because its password would be sent to another host", async (databaseUrl) => {
    let sent = 0;
    const send: Fetch = async () => {
      sent += 1;
      return Response.json(EMPTY);
    };
    await expect(openQuery(databaseUrl, send)("select 1", [])).rejects.toThrow(
      "has not started its listener",
    );
    expect(sent).toBe(0);
  });
});

describe("the request to the database follows no redirect", () => {
  it("because a redirect would send the password to another host", async () => {
    let redirect: string | undefined;
    const send: Fetch = async (_, init) => {
      redirect = init?.redirect;
      return new Response(null, { status: 307, headers: { location: "https://evil.example" } });
    };
    await expect(openQuery(NEON, send)("select 1", [])).rejects.toThrow("status 307");
    expect(redirect).toBe("manual");
  });
});

describe("a response of the database that is not a result is an error", () => {
  const postgresError = { message: 'relation "session" does not exist', code: "42P01", severity: "ERROR" };
  it.each([
    ["HTML", () => new Response("<html>"), "holds no rows"],
    ["an empty body", () => new Response(""), "holds no rows"],
    ["another object", () => Response.json({}), "holds no rows"],
    ["null", () => Response.json(null), "holds no rows"],
    ["rows as objects", () => Response.json({ rows: [{ id: "x" }] }), "holds no rows"],
    ["values that are not in text format", () => Response.json({ rows: [[1, true]] }), "holds no rows"],
    ["an error of Postgres", () => Response.json(postgresError, { status: 400 }), /400 .* 42P01$/],
    ["an error of the proxy", () => new Response("no such endpoint", { status: 404 }), /status 404$/],
    [
      "an error of the listener",
      () => Response.json({ code: "ECONNREFUSED" }, { status: 503 }),
      /503 and the code ECONNREFUSED$/,
    ],
    ["an error without a code", () => Response.json({ message: "x" }, { status: 400 }), /status 400$/],
    ["201 with rows", () => Response.json({ rows: [] }, { status: 201 }), /status 201$/],
  ])("%s", async (_, response, message) => {
    await expect(openQuery(NEON, async () => response())("select 1", [])).rejects.toThrow(message);
  });
});

describe("an error never contains the connection string", () => {
  const secrets = ["hunter2-of-ada", "hunter2"];
  const databaseUrl = "postgresql://ada:hunter2-of-ada@ep-1.eu-central-1.aws.neon.tech/neondb";
  const echo = (status: number) => async (url: unknown, init?: RequestInit) =>
    Response.json({ message: JSON.stringify([url, init]), code: JSON.stringify(init) }, { status });

  it.each<[string, string, Fetch]>([
    ["when the database repeats the request in an error", databaseUrl, echo(400)],
    ["when the database repeats the request with status 500", databaseUrl, echo(500)],
    ["when the response is the request", databaseUrl, async (_, init) => new Response(JSON.stringify(init))],
    ["when it cannot be parsed", "postgresql://ada:hunter2-of-ada@ep 1/neondb", async () => new Response("")],
  ])("%s", async (_, url, send) => {
    const error = await openQuery(url, send)("select 1", []).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    const shown = [error?.stack, JSON.stringify(error), String(error?.cause)].join();
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  });
});

describe("a database that does not respond within 5 seconds", () => {
  it("is an error, and the request is aborted", async () => {
    let signal: AbortSignal | null | undefined;
    const send: Fetch = (_, init) => {
      signal = init?.signal;
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(new Error("aborted"))),
      );
    };
    const timers: { ms: number; run: () => void }[] = [];
    const startTimer = (ms: number, run: () => void) => {
      timers.push({ ms, run });
      return () => {};
    };
    const query = createNeonQuery(
      { databaseUrl: NEON, neonEndpoint: undefined },
      { fetch: send, startTimer },
    );
    const result = query("select 1", []);
    expect(timers.map(({ ms }) => ms)).toEqual([5_000]);
    timers[0]?.run();
    await expect(result).rejects.toThrow("did not respond within 5 seconds");
    expect(signal?.aborted).toBe(true);
  });
});
