import { Client, neon, neonConfig } from "@neondatabase/serverless";
import fc from "fast-check";
import { createTransport } from "nodemailer";
import addressparser from "nodemailer/lib/addressparser";
import { describe, expect, it, test } from "vitest";
import {
  InvalidValue,
  parseBaseUrl,
  parseDatabaseUrl,
  parseMailUrl,
  parseOrigin,
} from "../../../lib/addresses";
import { EnvError, parseEnv } from "../../../lib/env";
import { readClientConfig } from "../../../lib/server/postgres/client-config";
import { testEnv } from "../../../scripts/stack/test-stack";
import { numRuns } from "../../fixtures/requests";

/** An address that the check at the start accepts is also accepted by the library that uses it. */

/** The error message of the parser, or undefined if it accepts the value. */
function problemOf(parse: (value: string) => string, value: string): string | undefined {
  try {
    parse(value);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidValue) return error.message;
    throw error;
  }
}

/**
 * Reads a connection string in both ways of the driver: the HTTP request, which is not sent, and
 * the client for transactions, which does not connect.
 * @throws what the driver throws
 */
async function readByDriver(value: string) {
  let sent = "";
  neonConfig.fetchFunction = async (_: string, { headers }: { headers: Record<string, string> }) => {
    sent = headers["Neon-Connection-String"] ?? "";
    return Response.json({ fields: [], rows: [] });
  };
  await neon(value)`select 1`;
  const http = new URL(`http:${sent.slice("postgresql:".length)}`);
  const { user, password, database, host } = new Client({ connectionString: value });
  return {
    http: {
      user: decodeURIComponent(http.username),
      password: decodeURIComponent(http.password) || null,
      database: decodeURIComponent(http.pathname.slice(1)),
      host: http.hostname,
    },
    client: { user, password: password || null, database, host },
  };
}

/** Reads it as the app does for a database that is not Neon's. */
function readByPool(value: string) {
  const { user, password, database, host = "" } = readClientConfig(value);
  const isIpv6 = host.includes(":");
  return { user, password: password ?? null, database, host: isIpv6 ? `[${host}]` : host };
}

const refusesToDrive = (value: string) =>
  readByDriver(value).then(
    () => false,
    () => true,
  );

describe("DATABASE_URL", () => {
  const encode = /[Pp]ercent-encode/;
  const bad: [value: string, message: RegExp][] = [
    ["postgresql://u:p@host", /names no database/],
    ["postgresql://u:p@host/", /names no database/],
    ["postgresql://u:p@host?sslmode=require", /names no database/],
    ["postgresql://host/db", /names no user/],
    ["postgresql://:p@host/db", /names no user/],
    ["postgresql:///db", /is not a connection string/],
    ["postgresql:///db?host=/var/run/postgresql", /is not a connection string/],
    ["postgresql://%2Fvar%2Frun/db", /is not a connection string/],
    ["postgresql://u:p@-/db", /one host/],
    ["postgres:u:p@host/db", /is not a connection string/],
    ["mysql://u:p@host/db", /is not a connection string/],
    ["https://u:p@host/db", /is not a connection string/],
    ["host/db", /is not a connection string/],
    ["postgresql://u:%zz@host/db", encode],
    ["postgresql://u:100%@host/db", encode],
    ["postgresql://u:%ff@host/db", encode],
    ["postgresql://u:p#w@host/db", encode],
    ["postgresql://u:12#w@host/db", encode],
    ["postgresql://u:p/w@host/db", encode],
    ["postgresql://u:12/w@host/db", encode],
    ["postgresql://u:p?w@host/db", encode],
    ["postgresql://u:p@host/db#x", encode],
    ["postgresql://u:p%00@host/db", /control character/],
    ["postgresql://u:p@host/d%25b", /a % in it/],
    ["postgresql://u%3Ax:p@host/db", /a colon in it/],
    ["postgresql://u:p@one,two/db", /one host/],
    ["postgresql://u:p@one:5432,two:5432/db", encode],
    ["postgresql://u:p@host:99999/db", /check the port/],
    ["postgresql://u:p@host:0/db", /port 0/],
    ["postgresql://u:p@host./db", /one host/],
    ["postgresql://u:p w@host/db", /white space/],
    ["postgresql://u:p\nw@host/db", /white space/],
    ["psql 'postgresql://u:p@host/db'", /psql/],
    ["'postgresql://u:p@host/db", /quote at one end/],
    ["postgresql://u:p@host/db'", /quote at one end/],
    ["postgresql://u:********@host/db", /asterisks/],
    ["postgresql://u@ep-x.eu-central-1.aws.neon.tech/db", /no password/],
    ["postgresql://u:p@host/db?host=/tmp", /option host/],
    ["postgresql://u:p@host/db?hostaddr=10.0.0.1", /option hostaddr/],
    ["postgresql://u:p@host/db?port=1", /option port/],
    ["postgresql://u:p@host/db?user=other", /option user/],
    ["postgresql://u:p@host/db?password=other", /option password/],
    ["postgresql://u:p@host/db?dbname=other", /option dbname/],
    ["postgresql://u:p@host/db?sslcert=/c.pem&sslkey=/k.pem", /option sslcert/],
    ["postgresql://u:p@ep-x.aws.neon.tech/db?sslrootcert=/no/such/file", /option sslrootcert/],
    [
      "postgresql://u:p@host/db?sslrootcert=/no/such/file",
      /sslrootcert, and the connection is not encrypted/,
    ],
    ["postgresql://u:p@host/db?sslmode=disable&sslrootcert=/ca.pem", /is not encrypted.*sslmode=verify-full/],
    ["postgresql://u:p@host/db?sslmode=verify-full&sslrootcert=ca.pem", /not a full path/],
    ["postgresql://u:p@host/db?sslmode=prefer", /sslmode that is not supported.*sslmode=verify-full/],
    ["postgresql://u:p@host/db?sslmode=allow", /sslmode that is not supported/],
    ["postgresql://u:p@host/db?sslmode=no-verify", /sslmode that is not supported/],
    ["postgresql://u:p@host/db?sslmode=", /sslmode that is not supported/],
    ["postgresql://u:p@host/db?ssl=true", /the option ssl\. Use sslmode/],
  ];
  test.each(bad)("%s is refused", (value, message) => {
    expect(problemOf(parseDatabaseUrl, value)).toMatch(message);
  });

  it("is refused with a message that does not contain the password", () => {
    for (const [value] of bad) {
      const hidden = value.replace(/:[^:@]*@/, ":hush-hush@");
      expect(problemOf(parseDatabaseUrl, hidden) ?? "").not.toContain("hush");
    }
    expect(problemOf(parseDatabaseUrl, "postgresql://u:hush#hush@host/db")).not.toContain("hush");
  });

  it("with sslrootcert is accepted, and refused if NEON_ENDPOINT is set, because Neon's driver cannot use it", () => {
    const value = "postgresql://u:p@host/db?sslmode=verify-full&sslrootcert=/etc/ca.pem";
    for (const accepted of [value, value.replace("/etc/ca.pem", "system")]) {
      expect(problemOf(parseDatabaseUrl, accepted)).toBeUndefined();
    }
    expect(problemOf((address) => parseDatabaseUrl(address, true), value)).toMatch(/option sslrootcert/);
  });

  const good = [
    "postgresql://u:p@host/db",
    "postgresql://u:p@host/db?sslmode=require",
    "postgresql://u:p@host/db?sslmode=verify-full&application_name=app&options=-c%20jit%3Doff",
    "postgres://u:p@host:5433/db?sslmode=disable",
    "postgresql://postgres@127.0.0.1:5432/postgres",
    "postgresql://u:p@[::1]:5432/db",
    "postgresql://u:p@my_db/db",
    "postgresql://u:p%40%2F%23%3F%25%24w@host/db",
    "postgresql://u:pa$word1@host/db",
    "postgresql://u:p@ss@host/db",
    "postgresql://u:p:w@host/db",
    "postgresql://u:p@host/d%20b",
    "POSTGRESQL://u:p@HOST/db",
    "postgresql://neondb_owner:npg_x1Y@ep-x-1-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require",
    "postgresql://u:p@ep-x.aws.neon.tech/db?options=endpoint%3Dep-x",
  ];
  test.each(good)("%s is accepted, and all drivers read it alike", async (value) => {
    expect(problemOf(parseDatabaseUrl, value)).toBeUndefined();
    const { http, client } = await readByDriver(value);
    expect(client).toEqual(http);
    expect(readByPool(value)).toEqual(http);
  });

  it("is refused if the driver would refuse it, and otherwise all drivers read it alike", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ..."@/#?:%[]\\,*'\" $&=-.",
        "%zz",
        "%40",
        "%00",
        "%ff",
        "%25",
        "\t",
        "\n",
        "é",
        "",
        "a",
        "12",
      ),
      fc.string({ maxLength: 6 }),
    );
    const text = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(""));
    const scheme = fc.constantFrom(
      "postgresql://",
      "postgres://",
      "postgres:",
      "postgresql:///",
      "mysql://",
      "",
    );
    const value = fc.oneof(
      { weight: 1, arbitrary: fc.string() },
      {
        weight: 4,
        arbitrary: fc
          .tuple(scheme, text, text, text, text)
          .map(([s, u, p, h, d]) => `${s}${u}:${p}@${h}/${d}`),
      },
      { weight: 4, arbitrary: fc.tuple(text, text).map(([p, d]) => `postgresql://u:p${p}@host/db${d}`) },
      { weight: 2, arbitrary: fc.tuple(scheme, text, text).map(([s, h, q]) => `${s}u:p@h${h}/db?x=${q}`) },
    );
    let accepted = 0;
    const property = fc.asyncProperty(value, async (address) => {
      if (problemOf(parseDatabaseUrl, address) !== undefined) return;
      accepted += 1;
      const { http, client } = await readByDriver(address);
      expect(client).toEqual(http);
      expect(readByPool(address)).toEqual(http);
    });
    await fc.assert(property, { numRuns });
    // The parser must not pass this test by refusing everything.
    expect(accepted).toBeGreaterThan(numRuns / 50);
  }, 60_000);

  it("that the driver accepts is refused only if the driver would misread it", async () => {
    let refused = 0;
    for (const [value] of bad) if (await refusesToDrive(value)) refused += 1;
    expect(refused).toBeGreaterThan(15);
  });
});

describe("SMTP_URL", () => {
  test.each<[string, RegExp]>([
    ["smtp://mail.example.com/path", /more than host and port/],
    ["smtp://u:12/w@mail.example.com:587", /[Pp]ercent-encode/],
    ["smtp://u:p#w@mail.example.com", /[Pp]ercent-encode/],
    ["smtp://u:1#w@mail.example.com", /[Pp]ercent-encode/],
    ["smtp://u:p%w@mail.example.com", /[Pp]ercent-encode/],
    ["smtp://u@mail.example.com", /without a password/],
    ["smtp://:p@mail.example.com", /without a password/],
    ["smtp://mail.example.com:0", /port 0/],
    ["smtp://mail.example.com:70000", /not the address of a mail server/],
    ["smtp://one,two", /one host/],
    ["smtp:mail.example.com", /not the address of a mail server/],
    ["smtp://", /not the address of a mail server/],
    ["smtp://u:p w@mail.example.com", /white space/],
  ])("%s is refused", (value, message) => {
    expect(problemOf(parseMailUrl, value)).toMatch(message);
  });

  test.each<[string, object]>([
    ["smtp://mail.example.com", { host: "mail.example.com" }],
    ["smtps://u:p%40w@mail.example.com:465", { port: 465, secure: true, auth: { user: "u", pass: "p@w" } }],
    [
      "smtp://u%40example.com:p@mail.example.com:587/",
      { port: 587, auth: { user: "u@example.com", pass: "p" } },
    ],
    ["smtp://u:p@[::1]:2525", { host: "::1", port: 2525 }],
    ["smtp://127.0.0.1:1025?ignoreTLS=true", { host: "127.0.0.1", port: 1025, ignoreTLS: true }],
  ])("%s is accepted, and nodemailer reads it as it is meant", (value, expected) => {
    expect(parseMailUrl(value)).toBe(value);
    expect(createTransport(value).transporter).toMatchObject({ options: expected });
  });
});

describe("MAIL_FROM", () => {
  it("that is accepted is one sender for nodemailer as well", () => {
    const piece = fc.constantFrom(
      "Acme",
      " ",
      ",",
      "Inc",
      "<",
      ">",
      "a@example.com",
      "(",
      ")",
      '"',
      ";",
      ":",
      "\\",
      "é",
      "@",
      "<a@b.example>",
    );
    const value = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));
    let accepted = 0;
    const property = fc.property(value, (text) => {
      let from: string | undefined;
      try {
        from = parseEnv(testEnv({ SMTP_URL: "smtp://mail.example.com", MAIL_FROM: text })).mail?.from;
      } catch (error) {
        if (error instanceof EnvError) return;
        throw error;
      }
      // A value of only white space counts as unset, which is refused because SMTP_URL is set.
      if (from === undefined) throw new Error("accepted without a sender");
      accepted += 1;
      const read = addressparser(from);
      expect(read).toHaveLength(1);
      expect(read[0]).toMatchObject({ address: from.match(/<([^<>]*)>$/)?.[1] ?? from });
    });
    fc.assert(property, { numRuns });
    expect(accepted).toBeGreaterThan(0);
  });

  test.each([
    "a@example.com",
    "Gatehouse <a@example.com>",
    '"Acme, Inc." <a@example.com>',
    "Zoë <a@exämple.com>",
  ])("may be %s", (from) => {
    expect(parseEnv(testEnv({ SMTP_URL: "smtp://mail.example.com", MAIL_FROM: from })).mail?.from).toBe(from);
  });
});

describe("an http address", () => {
  test.each<[string, RegExp]>([
    ["https://*.example.com", /one host/],
    ["https://*", /one host/],
    ["https://app.example.com.", /one host/],
    ["https://one,two", /one host/],
    ["https://app..example.com", /one host/],
    ["http://localhost:0", /port 0/],
    ["http://localhost:70000", /is not an address/],
    ["http:localhost:3000", /is not an address/],
    ["http:/localhost:3000", /is not an address/],
    ["https:///app.example.com", /is not an address/],
    ["https:\\\\app.example.com", /is not an address/],
    ["https://app.exa mple.com", /white space/],
    ["https://app.exa\tmple.com", /white space/],
    ["https://user:hush@app.example.com", /more than an address/],
    ["https://app.example.com#x", /more than an address/],
    ["https://app.example.com/%zz", /encodes nothing/],
  ])("%s is refused", (value, message) => {
    expect(problemOf(parseBaseUrl, value)).toMatch(message);
    expect(problemOf(parseOrigin, value)).toMatch(message);
  });

  it("is refused with a message that does not contain what may be a password", () => {
    for (const value of [
      "https://u:hush@host:99999",
      "postgresql://u:hush@host/db",
      "https://u:hush/hush@host",
    ]) {
      expect(problemOf(parseOrigin, value)).not.toContain("hush");
    }
  });

  test.each([
    ["http://[::1]:3000", "http://[::1]:3000"],
    ["HTTPS://App.Example.COM/", "https://app.example.com"],
    ["https://bücher.example", "https://xn--bcher-kva.example"],
    ["https://app.example.com:443", "https://app.example.com"],
    ["http://my_app:3000", "http://my_app:3000"],
  ])("%s is the origin %s, as a browser has it", (value, origin) => {
    expect(parseOrigin(value)).toBe(origin);
    expect(new Request(value).url).toBe(`${origin}/`);
  });
});
