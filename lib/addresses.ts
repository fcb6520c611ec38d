import { isNeonHost } from "./database-protocol";

/**
 * The rules for addresses in environment variables. Each rule is at least as strict as the library
 * that uses the address, so a bad address is refused at the start and not at the first request.
 * `tests/quick/lib/addresses.test.ts` compares the rules with the libraries. This file is part of
 * the edge bundle.
 */

/**
 * A value is invalid. The message states what is wrong, then how to fix it. It never contains a
 * password.
 */
export class InvalidValue extends Error {}

/**
 * Names, IPv4 and IPv6. No list of hosts, no wildcard (Better Auth would trust every match), no
 * trailing dot.
 */
const HOST = /^(?:\w(?:[\w-]*\w)?(?:\.\w(?:[\w-]*\w)?)*|\[[\d.:a-f]+\])$/;

const ENCODE =
  "Percent-encode special characters in the user and the password: / is %2F, # is %23, ? is %3F, @ is %40, % is %25";

const DATABASE_EXAMPLE = "It looks like postgresql://user:password@host/database";
/**
 * Options that a driver would ignore, or that would replace a part of the address which has been
 * checked.
 */
const UNUSABLE = ["host", "hostaddr", "port", "user", "password", "dbname", "sslcert", "sslkey"];
/** The values of `sslmode` that `lib/server/postgres/client-config.ts` supports. */
const SSL_MODES: ReadonlySet<string> = new Set(["disable", "require", "verify-ca", "verify-full"]);
const CHOOSE_TLS =
  "Use sslmode=verify-full, which encrypts the connection and verifies the server, or sslmode=disable";
const MAIL_EXAMPLE = "It looks like smtp://user:password@host:587";
const HTTP_EXAMPLE = "It begins with http:// or https://";

/**
 * Returns the origin of an http or https URL.
 * @throws {InvalidValue}
 */
export function parseOrigin(value: string): string {
  const url = parseHttpUrl(value);
  if (url.pathname !== "/") throw new InvalidValue(`holds the path ${url.pathname}. Set it to ${url.origin}`);
  return url.origin;
}

/**
 * Returns origins from a list separated by commas. In a host, `*` stands for letters, digits and
 * hyphens.
 * @throws {InvalidValue}
 */
export function parseOriginPatterns(value: string): readonly string[] {
  return value.split(",").map((entry) => {
    const pattern = entry.trim();
    // Letters are valid wherever the pattern may have a star.
    const origin = parseOrigin(pattern.replaceAll("*", "xx"));
    const written = origin === pattern.replaceAll("*", "xx");
    if (!written) throw new InvalidValue(`holds "${pattern}". Write it as an origin, such as ${origin}`);
    return pattern;
  });
}

/**
 * Returns an http or https URL without a trailing slash. It may have a path.
 * @throws {InvalidValue}
 */
export function parseBaseUrl(value: string): string {
  return parseHttpUrl(value).href.replace(/\/+$/, "");
}

function parseHttpUrl(value: string): URL {
  // A value with an @ may contain a password.
  const shown = value.includes("@") ? "" : `"${value}" `;
  const url = parseAddress(value, /^https?$/, `${shown}is not an address. ${HTTP_EXAMPLE}`);
  if (url.username || url.password || url.search || url.hash) {
    throw new InvalidValue("holds more than an address. Leave out user, password, query and fragment");
  }
  return url;
}

/**
 * Checks a connection string: both `neon()` and `new Client()` of `@neondatabase/serverless` must
 * accept it, and read it as `lib/server/postgres/client-config.ts` does. Returns it unchanged.
 *
 * @param hasNeonEndpoint whether `NEON_ENDPOINT` is set
 * @throws {InvalidValue}
 */
export function parseDatabaseUrl(value: string, hasNeonEndpoint = false): string {
  if (/^psql\b/.test(value)) {
    throw new InvalidValue("begins with the command psql. Keep only the address, without the quotes");
  }
  const url = parseAddress(value, /^postgres(ql)?$/, `is not a connection string. ${DATABASE_EXAMPLE}`);
  const database = decode(url.pathname.slice(1), "database name");
  const { user, password } = credentialsOf(url);
  if (!user) throw new InvalidValue(`names no user. ${hintFor(url, DATABASE_EXAMPLE)}`);
  if (!database) throw new InvalidValue(`names no database. ${hintFor(url, DATABASE_EXAMPLE)}`);
  // The driver's Client decodes the name twice, and splits user and password at the first colon.
  if (database.includes("%")) throw new InvalidValue("names a database with a % in it. Rename the database");
  if (user.includes(":")) throw new InvalidValue("names a user with a colon in it. Rename the user");
  if (/^\*+$/.test(password)) {
    throw new InvalidValue("holds asterisks for the password. Show the password before you copy the address");
  }
  if (!password && isNeonHost(url.hostname)) {
    throw new InvalidValue(`holds no password, and Neon needs one. ${DATABASE_EXAMPLE}`);
  }
  checkOptions(url.searchParams, hasNeonEndpoint || isNeonHost(url.hostname));
  if (url.hash) throw new InvalidValue(`holds a #. ${ENCODE}`);
  return value;
}

function checkOptions(options: URLSearchParams, speaksNeon: boolean): void {
  for (const name of speaksNeon ? [...UNUSABLE, "sslrootcert"] : UNUSABLE) {
    if (options.has(name)) {
      throw new InvalidValue(`holds the option ${name}, which the driver cannot use. Remove it`);
    }
  }
  if (speaksNeon) return;
  const mode = options.get("sslmode");
  const certificates = options.get("sslrootcert");
  if (options.has("ssl")) throw new InvalidValue(`holds the option ssl. ${CHOOSE_TLS}`);
  if (mode !== null && !SSL_MODES.has(mode)) {
    throw new InvalidValue(`holds an sslmode that is not supported. ${CHOOSE_TLS}`);
  }
  if (certificates === null) return;
  if (mode === null || mode === "disable") {
    throw new InvalidValue(`holds sslrootcert, and the connection is not encrypted. ${CHOOSE_TLS}`);
  }
  if (certificates !== "system" && !certificates.startsWith("/")) {
    throw new InvalidValue("holds an sslrootcert that is not a full path. Set it to the path of a PEM file");
  }
}

/**
 * Checks the URL of a mail server: nodemailer must read it as intended. Returns it unchanged.
 * @throws {InvalidValue}
 */
export function parseMailUrl(value: string): string {
  const url = parseAddress(value, /^smtps?$/, `is not the address of a mail server. ${MAIL_EXAMPLE}`);
  if (url.pathname !== "/" || url.hash) {
    throw new InvalidValue(`holds more than host and port. ${hintFor(url, MAIL_EXAMPLE)}`);
  }
  const { user, password } = credentialsOf(url);
  if (!user !== !password) {
    throw new InvalidValue("holds a user without a password, or the reverse. Give both, or neither");
  }
  return value;
}

/**
 * Parses a URL of any scheme as if it were http, as the drivers do: only then does the URL parser
 * check the host. `wrong` is the message for a value that is not a URL.
 */
function parseAddress(value: string, schemes: RegExp, wrong: string): URL {
  if (/^["'`]|["'`]$/.test(value)) throw new InvalidValue("has a quote at one end. Remove it");
  // The URL parser would remove line breaks and tabs without an error.
  if (/[\s\p{Cc}]/u.test(value))
    throw new InvalidValue("holds white space. Remove it, or write a space as %20");
  const [, scheme = "", rest = ""] = value.match(/^([a-z]+):(\/\/[^/\\].*)$/i) ?? [];
  if (!schemes.test(scheme.toLowerCase())) throw new InvalidValue(wrong);
  if (/%(?![\da-f]{2})/i.test(rest)) throw new InvalidValue(`holds a % that encodes nothing. ${ENCODE}`);
  const http = /^https?$/i.test(scheme) ? value : `http:${rest}`;
  let url: URL;
  try {
    // Not `URL.canParse`: on Node 20 and 22 it refuses Latin letters outside ASCII once V8 has
    // optimised the call.
    new URL(value);
    url = new URL(http);
  } catch {
    throw new InvalidValue(rest.includes("@") ? `cannot be parsed. ${ENCODE}, and check the port` : wrong);
  }
  if (!HOST.test(url.hostname)) {
    throw new InvalidValue("does not name one host. Give one name or IP address, without a dot at its end");
  }
  if (url.port === "0") throw new InvalidValue("holds the port 0. Give the port of the server");
  return url;
}

function credentialsOf({ username, password }: URL): { user: string; password: string } {
  return { user: decode(username, "user"), password: decode(password, "password") };
}

function decode(text: string, part: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new InvalidValue(`holds a ${part} that is not percent-encoded UTF-8. ${ENCODE}`);
  }
  // Neither Postgres nor SMTP supports control characters.
  if (/\p{Cc}/u.test(decoded)) throw new InvalidValue(`holds a ${part} with a control character. Remove it`);
  return decoded;
}

/** An @ after the host comes from a password that contains / # or ? without percent-encoding. */
function hintFor({ pathname, search, hash }: URL, example: string): string {
  return (pathname + search + hash).includes("@") ? ENCODE : example;
}
