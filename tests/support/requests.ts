import fc from "fast-check";
import { forwardedHeaders } from "../../lib/forwarded-headers";
import { routes } from "../../lib/routes";
import { forgedHeaders } from "./forged-headers";

/**
 * Random requests of an attacker. Many values are valid ones, because random bytes alone do not get
 * past the first check.
 */

export const APP = "https://app.example.com";
/**
 * The value of every header that must not reach the backend. It shows where such a header ends up.
 */
export const FORGED = "forged";

/** `npm run fuzz` sets a million. */
export const numRuns = Number(process.env.FUZZ_RUNS ?? 10_000);
/** The timeout of a property, in milliseconds. It grows with the number of runs. */
export const timeout = numRuns * 10;

export const method = fc.constantFrom(
  ...[
    "GET",
    "GET",
    "GET",
    "GET",
    "GET",
    "GET",
    "HEAD",
    "OPTIONS",
    "POST",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "PROPFIND",
    "get",
  ],
);

const noise = (characters: string, maxLength: number) =>
  fc.array(fc.constantFrom(...characters), { maxLength }).map((picked) => picked.join(""));
const dot = fc.constantFrom(".", "%2e", "%2E");
const dots = fc.array(dot, { minLength: 1, maxLength: 3 }).map((picked) => picked.join(""));
const plain = fc.constantFrom("api", "tasks", "a%20b", "%C3%A9", "x.rsc", "", "7");
const odd = fc.oneof(
  dots,
  fc.tuple(dots, fc.constantFrom(";", ";x", "%3b", "%2f", "%5C", "\\")).map((parts) => parts.join("")),
  fc.constantFrom(
    "%2f",
    "%2Fadmin",
    "%5c",
    "a%5C..",
    "\\",
    "%00",
    "%252f",
    "%",
    "%u002f",
    "tasks;x",
    ";",
    ";/",
  ),
  fc.constantFrom("backend", "Backend", "auth", "login", "//", "@evil.example", ":80", "_next", "data"),
  noise("abc.;%2f5ce\\@:", 8),
);
const rest = fc
  .array(fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: odd }), { maxLength: 4 })
  .map((segments) => segments.map((segment) => `/${segment}`).join(""));
/** Text directly after a known path. It may turn the path into another one. */
const tail = fc.constantFrom("", "", "/", ";", ";x", ";/", "x", "%2f", "%3b", ".", "..", "\\", "%00", "/;");
const known = fc.constantFrom(
  ...[routes.backend, ...routes.publicPages, ...routes.guestPages, ...routes.openApi, "/dashboard", "/api"],
);

export const path = fc.oneof(
  { weight: 4, arbitrary: rest.map((below) => routes.backend + below) },
  { weight: 1, arbitrary: fc.tuple(fc.constant<string>(routes.backend), tail, rest).map(concat) },
  { weight: 2, arbitrary: fc.tuple(known, tail, rest).map(concat) },
  { weight: 1, arbitrary: rest.map((below) => below || "/") },
);

export const search = fc.constantFrom(
  "",
  "",
  "?a=1&b=%2f..",
  "?next=//evil.example",
  "?next=/tasks",
  "?_rsc=1",
);

/** What browsers and programs say about a request. Each header may be missing. */
const said = fc.record({
  "sec-fetch-site": maybe(3, [
    "same-origin",
    "same-origin",
    "none",
    "same-site",
    "cross-site",
    "friendly",
    "",
  ]),
  "sec-fetch-mode": maybe(1, ["navigate", "cors", "no-cors", "websocket"]),
  "sec-fetch-dest": maybe(0.5, ["document", "empty", "image", "iframe", "serviceworker"]),
  origin: maybe(2, [
    APP,
    APP,
    "null",
    "https://evil.example",
    "http://app.example.com",
    `${APP}.evil.example`,
  ]),
  upgrade: maybe(2, ["websocket", "websocket", "WebSocket", "h2c", ""]),
  accept: maybe(1, ["*/*", "text/html,*/*;q=0.8", "application/json", "text/event-stream"]),
  rsc: maybe(0.3, ["1", "0"]),
  "next-action": maybe(0.3, ["00ff"]),
  traceparent: maybe(0.5, ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0"]),
  "content-length": maybe(2, [
    ...[
      "0",
      "0",
      "5",
      "5",
      "1000",
      "1001",
      "1000000000000",
      "many",
      "5, 5",
      "5;",
      "NaN",
      "Infinity",
      "5x",
      "-1",
      "1e2",
      "0x10",
      "",
    ],
  ]),
  "transfer-encoding": maybe(0.3, ["chunked", "Chunked", "gzip, chunked", "identity", "xchunked", ""]),
});

const FORWARDED: ReadonlySet<string> = new Set(Object.values(forwardedHeaders).flat());
const suffix = noise("abcdefghijklmnopqrstuvwxyz0123456789-", 8);
/**
 * Names that must not reach the backend as a client sends them: known names, known names with a
 * suffix, and random ones.
 */
const droppedName = fc.oneof(
  fc.constantFrom(
    ...forgedHeaders.filter(
      (name) => !["connection", "upgrade", "rsc", "next-action", "service-worker"].includes(name),
    ),
  ),
  fc.tuple(fc.constantFrom(...forgedHeaders), suffix).map((parts) => parts.join("-")),
  noise("abcxyz0189!#$'*+.^`|~-_", 12).filter((name) => name !== "" && !FORWARDED.has(name)),
  // Headers that a careless fallback would use.
  fc.constantFrom("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "cookie"),
  fc.tuple(fc.constantFrom("x", "user", "authorization"), suffix).map((parts) => parts.join("_")),
);
/** Names that reach the backend, without those that `said` sets. */
const harmlessName = fc.constantFrom(
  ...[...FORWARDED].filter(
    (name) => !/^(content-length|transfer-encoding|origin|sec-fetch-.*|accept|trace.*)$/.test(name),
  ),
);

/** The headers of a request, and the names in its `Connection` header. */
export interface Sent {
  readonly headers: Headers;
  readonly nominated: readonly string[];
}

/** `Connection` names headers of the request and the usual words, in different notations. */
export const sent: fc.Arbitrary<Sent> = fc
  .tuple(
    said,
    fc.array(droppedName, { maxLength: 4 }),
    fc.array(fc.tuple(harmlessName, noise('abc=;,. "/', 10)), { maxLength: 3 }),
    fc.array(fc.nat(), { maxLength: 3 }),
    fc.array(
      fc.constantFrom("close", "keep-alive", "Upgrade", "upgrade", "content-length", "Authorization", ""),
      {
        maxLength: 2,
      },
    ),
    fc.constantFrom(",", ", ", " ,\t"),
    fc.boolean(),
    // Whether this is a complete WebSocket handshake.
    fc.boolean(),
  )
  .map(([values, forged, harmless, picks, words, comma, loud, isHandshake]) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(values)) if (value !== undefined) headers.append(name, value);
    for (const name of forged) headers.append(name, FORGED);
    for (const [name, value] of harmless) headers.append(name, value);
    if (isHandshake) headers.set("upgrade", "websocket");
    const names = [...headers.keys()];
    const picked = names.length > 0 ? picks.map((pick) => names[pick % names.length] ?? "") : [];
    const nominated = [...picked, ...words, ...(isHandshake ? ["Upgrade"] : [])];
    if (nominated.length > 0) {
      const connection = nominated.join(comma);
      headers.set("connection", loud ? connection.toUpperCase() : connection);
    }
    return { headers, nominated: nominated.map((name) => name.toLowerCase()) };
  });

/**
 * Counts how often a property reached each interesting case. A property that never reaches its case
 * proves nothing.
 */
export function createTally() {
  const counts = new Map<string, number>();
  return {
    count(what: string): void {
      counts.set(what, (counts.get(what) ?? 0) + 1);
    },
    /** The cases that fewer than one run in a hundred reached. */
    starved(...all: readonly string[]): string[] {
      return all
        .filter((what) => (counts.get(what) ?? 0) < numRuns / 100)
        .map((what) => `${what}: ${counts.get(what) ?? 0}`);
    },
  };
}

function maybe(weight: number, values: readonly string[]) {
  return fc.oneof(
    { weight: 10, arbitrary: fc.constant(undefined) },
    { weight: weight * 10, arbitrary: fc.constantFrom(...values) },
  );
}

function concat(parts: readonly string[]): string {
  return parts.join("");
}
