import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyStore } from "../../../../edge/session/key-store";
import { createLookup } from "../../../../edge/session/lookup";
import { createNeonQuery } from "../../../../edge/session/neon";
import { gateStatements } from "../../../../edge/session/statement";
import { createApiKey } from "../../../../lib/auth/api-key";
import { EnvError, toGateDatabase } from "../../../../lib/env";
import { readClientConfig } from "../../../../lib/server/postgres/client-config";
import { type LookupListener, startLookupListener } from "../../../../lib/server/postgres/lookup-listener";
import { openPool } from "../../../../lib/server/postgres/pool";

/** Nothing listens on this port. So a statement that reaches the database fails in a known way. */
const NO_DATABASE = "postgresql://ada:hunter2@127.0.0.1:9/app";
const REACHED = /status 503 and the code ECONNREFUSED$/;
const effects = { fetch, now: Date.now, startTimer: () => () => {} };

describe("the listener for the gate's lookups", () => {
  let listener: LookupListener;

  beforeAll(async () => {
    const pool = await openPool({ databaseUrl: NO_DATABASE, databasePoolSize: 5 });
    listener = await startLookupListener(pool, gateStatements());
  });
  afterAll(() => listener?.close());

  const database = () => toGateDatabase(listener.connectionString);
  const run = (query: string) => createNeonQuery(database(), effects)(query, []);

  it("waits 3 seconds for a database that does not accept connections, and then not again", async () => {
    const [statement = ""] = gateStatements();
    const began = performance.now();
    const atOnce = [run(statement), run(statement)];
    await Promise.all(atOnce.map((attempt) => expect(attempt).rejects.toThrow(REACHED)));
    const waited = performance.now();
    expect(waited - began).toBeGreaterThan(2_900);
    await expect(run(statement)).rejects.toThrow(REACHED);
    expect(performance.now() - waited).toBeLessThan(2_000);
  });

  it("runs every statement that the gate sends", async () => {
    const lookUp = createLookup(createNeonQuery(database(), effects));
    for (const extend of [true, false]) {
      await expect(lookUp("some-session", Date.now(), { extend })).rejects.toThrow(REACHED);
    }
    await expect(createKeyStore(database(), effects)(createApiKey())).rejects.toThrow(REACHED);
    for (const statement of gateStatements()) await expect(run(statement)).rejects.toThrow(REACHED);
  });

  it.each<[what: string, statement: (own: string) => string]>([
    ["another statement", () => 'select * from "user"'],
    ["an empty statement", () => ""],
    ["one of the gate's with another one after it", (own) => `${own}; drop table session`],
    ["one of the gate's with a space after it", (own) => `${own} `],
    ["a part of one", (own) => own.slice(0, -1)],
  ])("refuses %s, with what to do", async (_, statement) => {
    for (const own of gateStatements()) {
      await expect(run(statement(own))).rejects.toThrow(/status 403 and the code RESTART_THE_SERVER$/);
    }
  });

  it.each<[what: string, change: (connectionString: string) => string]>([
    ["no password", (own) => own.replace(/:[^:@]+@/, "@")],
    ["another password", (own) => own.replace(/:[^:@]+@/, `:${"A".repeat(43)}@`)],
    ["a part of the password", (own) => own.replace(/.@/, "@")],
    ["the password of the database", (own) => own.replace(/:[^:@]+@/, ":hunter2@")],
  ])("refuses a request with %s", async (_, change) => {
    const stranger = toGateDatabase(change(listener.connectionString));
    const [statement = ""] = gateStatements();
    await expect(createNeonQuery(stranger, effects)(statement, [])).rejects.toThrow(
      /status 403 and the code NOT_THE_GATE$/,
    );
  });

  it("refuses a web page, even with the right password", async () => {
    const [statement = ""] = gateStatements();
    const send: typeof fetch = (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set("origin", "https://evil.example");
      return fetch(url, { ...init, headers });
    };
    const query = createNeonQuery(database(), { ...effects, fetch: send });
    await expect(query(statement, [])).rejects.toThrow(/status 403 and the code NOT_THE_GATE$/);
  });

  it("has another password each time it starts", async () => {
    const pool = await openPool({ databaseUrl: NO_DATABASE, databasePoolSize: 5 });
    const other = await startLookupListener(pool, []);
    expect(new URL(other.connectionString).password).not.toBe(new URL(listener.connectionString).password);
    expect(new URL(other.connectionString).password).toHaveLength(43);
    await other.close();
  });
});

describe("the connection to a database that is not Neon's", () => {
  let folder: string;
  let file: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
    file = join(folder, "ca.pem");
    writeFileSync(file, "the authority");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tlsOf = (options: string) => readClientConfig(`postgresql://u:p@db.example.com/app${options}`).ssl;

  it.each(["", "?sslmode=disable"])("is not encrypted with the options %j", (options) => {
    expect(tlsOf(options)).toBe(false);
  });

  it.each(["require", "verify-ca", "verify-full"])(
    "is encrypted and verifies the server with sslmode=%s",
    (mode) => {
      // Node verifies certificate and host unless it is told not to.
      expect(tlsOf(`?sslmode=${mode}`)).toEqual({ ca: undefined });
      expect(tlsOf(`?sslmode=${mode}&sslrootcert=system`)).toEqual({ ca: undefined });
      expect(tlsOf(`?sslmode=${mode}&sslrootcert=${encodeURIComponent(file)}`)).toEqual({
        ca: "the authority",
      });
    },
  );

  it("fails with the name of the file if sslrootcert cannot be read", async () => {
    const databaseUrl = "postgresql://u:hunter2@host/app?sslmode=verify-full&sslrootcert=/no/such/ca.pem";
    const error = await openPool({ databaseUrl, databasePoolSize: 5 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EnvError);
    expect(String(error)).toMatch(/DATABASE_URL: sslrootcert is \/no\/such\/ca\.pem, which cannot be read/);
    expect(String(error)).not.toContain("hunter2");
  });

  it("has the parts of the address, and a name by which the database lists it", () => {
    expect(readClientConfig("postgresql://a%40b:p%2Fw@[::1]:6432/d%20b?options=-c%20jit%3Doff")).toEqual({
      host: "::1",
      port: 6432,
      user: "a@b",
      password: "p/w",
      database: "d b",
      ssl: false,
      application_name: "gatehouse",
      options: "-c jit=off",
    });
    expect(readClientConfig("postgres://u@host/db?application_name=shop")).toMatchObject({
      port: 5432,
      password: undefined,
      application_name: "shop",
    });
  });

  it("is one pool for each database in a process", async () => {
    const env = { databaseUrl: NO_DATABASE, databasePoolSize: 5 };
    expect(await openPool(env)).toBe(await openPool(env));
    expect(await openPool(env)).not.toBe(await openPool({ ...env, databaseUrl: `${NO_DATABASE}2` }));
  });
});
