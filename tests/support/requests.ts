import fc from "fast-check";
import { forwardedHeaders } from "../../lib/forwarded-headers";
import { routes } from "../../lib/routes";
import { forgedHeaders } from "./forged-headers";

/** Requests as an attacker would write them: real values half the time, since noise alone gets past no first check. */

export const APP = "https://app.example.com";
/** Of every header that may not arrive; its value marks it wherever it turns up. */
export const FORGED = "forged";

/** `npm run fuzz` asks for a million. */
export const numRuns = Number(process.env.FUZZ_RUNS ?? 10_000);
/** Of a property, in milliseconds: it grows with the runs. */
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
/** What may stand right after a name, and makes another name of it. */
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

/** What browsers and programs say of a request, each header there or not. */
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
 * Names that the backend may not see as a client sends them: known ones, known ones with something
 * behind them, and any.
 */
const droppedName = fc.oneof(
  fc.constantFrom(
    ...forgedHeaders.filter(
      (name) => !["connection", "upgrade", "rsc", "next-action", "service-worker"].includes(name),
    ),
  ),
  fc.tuple(fc.constantFrom(...forgedHeaders), suffix).map((parts) => parts.join("-")),
  noise("abcxyz0189!#$'*+.^`|~-_", 12).filter((name) => name !== "" && !FORWARDED.has(name)),
  // Those that a fallback would reach for.
  fc.constantFrom("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "cookie"),
  fc.tuple(fc.constantFrom("x", "user", "authorization"), suffix).map((parts) => parts.join("_")),
);
/** Names that arrive, but for those which `said` gives a meaning to. */
const harmlessName = fc.constantFrom(
  ...[...FORWARDED].filter(
    (name) => !/^(content-length|transfer-encoding|origin|sec-fetch-.*|accept|trace.*)$/.test(name),
  ),
);

/** A request's headers, and what its `Connection` names. */
export interface Sent {
  readonly headers: Headers;
  readonly nominated: readonly string[];
}

/** `Connection` is built of what is really sent, in any writing, among the words that belong there. */
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
    // A whole handshake.
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

/** Counts how often something interesting was reached: a property that is never put to the test holds of itself. */
export function createTally() {
  const counts = new Map<string, number>();
  return {
    count(what: string): void {
      counts.set(what, (counts.get(what) ?? 0) + 1);
    },
    /** What was reached by fewer than one run in a hundred. */
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
