import {
  type Check,
  cannotTell,
  demand,
  demandClosed,
  demandStatus,
  EVIL,
  ME,
  NAVIGATION,
  SCRIPT,
  TASKS,
  tell,
  whoAmI,
} from "./check";
import type { Ask } from "./probe";

const MATCHER = "middleware.ts: the matcher leaves out nothing but static files";
const PLATFORM = "Next.js must be a version that drops these from clients (16.4 is), or the proxy before it";
const FRAMING = "The server or the proxy before it has to refuse this (RFC 9112 §6)";
const BODIES = "edge/facts.ts: compareBodyLength";

/** Three protected paths: a page, a backend call and a route handler. */
const PROTECTED = ["/dashboard", ME, "/api/anything"];

/** Ways to bypass the gate. Each has worked against some software. */
export const bypass: readonly Check[] = [
  {
    id: "bypass.subrequest",
    title: "nobody gets past by claiming to be a subrequest",
    source: "CVE-2025-29927",
    mend: PLATFORM,
    run: (world) =>
      demandClosed(
        world,
        withEach("X-Middleware-Subrequest", [
          "middleware",
          "src/middleware",
          "pages/_middleware",
          Array(5).fill("middleware").join(":"),
          Array(5).fill("src/middleware").join(":"),
        ]),
      ),
  },
  {
    id: "bypass.internal-headers",
    title: "nobody gets past by speaking for the framework",
    source: "OWASP ASVS v5 4.1.3",
    mend: PLATFORM,
    run: (world) =>
      demandClosed(world, [
        ...withEach("X-Middleware-Next", ["1"]),
        ...withEach("X-Middleware-Rewrite", ["/dashboard"]),
        ...withEach("X-Middleware-Invoke", ["1"]),
        ...withEach("X-Nextjs-Data", ["1"]),
        ...withEach("X-Matched-Path", ["/"]),
        ...withEach("X-Invoke-Path", ["/"]),
        ...PROTECTED.map((path) => ({
          path,
          headers: {
            "X-Middleware-Override-Headers": "authorization",
            "X-Middleware-Request-Authorization": "Bearer x",
          },
        })),
      ]),
  },
  {
    id: "bypass.forwarding-headers",
    title: "nobody gets past by speaking for a proxy",
    source: "OWASP ASVS v5 4.1.3",
    mend: "edge/upstream/headers.ts drops what clients say in a proxy's name",
    run: (world) =>
      demandClosed(world, [
        ...withEach("X-Original-URL", ["/"]),
        ...withEach("X-Rewrite-URL", ["/"]),
        ...withEach("X-Forwarded-Host", ["localhost"]),
        ...withEach("X-Forwarded-For", ["127.0.0.1"]),
        ...withEach("X-User-Id", ["1"]),
        ...["X-Original-URL", "X-Rewrite-URL"].map((name) => ({
          path: "/no-such-page",
          headers: { [name]: ME },
        })),
      ]),
  },
  {
    id: "bypass.encoded-paths",
    title: "nobody gets past by writing a path in another way",
    source: "RFC 3986 §6.2.2",
    mend: MATCHER,
    run: (world) =>
      demandClosed(
        world,
        [
          ...[
            "/%62ackend/api/me",
            "/Backend/api/me",
            "//backend/api/me",
            "/./backend/api/me",
            "/backend;x/api/me",
          ],
          ...[
            "/backend%2fapi%2fme",
            "/\\backend/api/me",
            "/x/..%2fbackend/api/me",
            "/x/%2e%2e/backend/api/me",
          ],
          ...[
            "/backend/%2e%2e/dashboard",
            "/_next/static/../../dashboard",
            "/_next/static/%2e%2e/%2e%2e/dashboard",
          ],
          ...["/DASHBOARD", "/dashboard/", "/dashboard%00", "/dashboard%2f", "/favicon.ico/../dashboard"],
        ].map((path) => ({ path })),
      ),
  },
  {
    id: "bypass.data-paths",
    title: "nor by asking for a page's data",
    source: "CWE-288",
    mend: MATCHER,
    run: (world) =>
      demandClosed(world, [
        { path: "/_next/data/conform/dashboard.json" },
        { path: "/_next/data/conform/backend/api/me.json" },
        { path: "/dashboard.rsc" },
        { path: `${ME}.rsc` },
        { path: "/dashboard.segments/_tree.segment.rsc" },
        { path: "/dashboard?_rsc=conform", headers: { RSC: "1" } },
        { path: "/dashboard?_rsc=conform", headers: { RSC: "1", "Next-Router-Prefetch": "1" } },
        { path: "/dashboard", headers: { RSC: "1", "Next-Router-Segment-Prefetch": "/_tree" } },
      ]),
  },
  {
    id: "bypass.methods",
    title: "no method, said or claimed, opens what is closed",
    source: "OWASP REST Security Cheat Sheet, Restrict HTTP methods",
    mend: "edge/decide.ts asks for a session whatever the method",
    async run(world) {
      const claims = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
      await demandClosed(world, [
        ...["HEAD", "OPTIONS", "PROPFIND"].map((method) => ({ method, path: ME })),
        ...claims.map((name) => ({ path: ME, headers: { [name]: "OPTIONS" } })),
      ]);
      for (const name of claims) {
        const headers = { [name]: "GET", Origin: EVIL };
        const answer = await world.ada.ask({ method: "POST", path: TASKS, headers });
        demandStatus(answer, 403, `a foreign POST with ${name}: GET`);
      }
    },
  },
  {
    id: "bypass.deceptive-paths",
    title: "a path that the backend could read differently is refused",
    source: "RFC 3986 §7.3",
    mend: "edge/facts.ts: isDeceptivePath",
    async run({ ada }) {
      for (const path of ["a%2fb", "a%2Fb", "a%5cb", "%00", "..%2fadmin", "a/..%5cb"]) {
        demandStatus(await ada.ask({ path: `/backend/${path}`, headers: SCRIPT }), 400, `/backend/${path}`);
      }
    },
  },
  {
    id: "bypass.two-lengths",
    title: "a body with two lengths is refused",
    source: "RFC 9112 §6.3",
    mend: FRAMING,
    async run({ ada }) {
      const answer = await ada.ask(
        body({ "Content-Length": "6", "Transfer-Encoding": "chunked" }, "0\r\n\r\nX"),
      );
      demand(answer.status === 0 || answer.status >= 400, "400, or a closed connection", tell(answer));
    },
  },
  {
    id: "bypass.unknown-length",
    title: "a body of unknown length is refused",
    source: "RFC 9110 §15.5.12",
    mend: BODIES,
    async run({ ada }) {
      demandStatus(
        await ada.ask(body({ "Transfer-Encoding": "chunked" }, "1\r\nx\r\n0\r\n\r\n")),
        411,
        "a chunked POST",
      );
    },
  },
  {
    id: "bypass.too-large",
    title: "a body over the limit is refused by the length that it claims",
    source: "RFC 9110 §15.5.14",
    mend: `${BODIES}, and MAX_BODY_MB`,
    async run({ ada }) {
      // Larger than any value that MAX_BODY_MB may have. No byte of the body is sent.
      const answer = await ada.ask({ ...body({ "Content-Length": "2000000000" }), patience: 2_000 });
      // `next start` sends the gate's response only after it has received the body. Sending two
      // gigabytes could harm the deployment, so the check is skipped there.
      if (answer.status === 0) cannotTell("the server answers only when it has the whole body");
      demandStatus(answer, 413, "a POST of 2 GB");
    },
  },
  {
    id: "bypass.smuggled",
    title: "a body is never taken for a request of its own",
    source: "RFC 9112 §11.2",
    mend: "edge/upstream/headers.ts keeps Content-Length and Transfer-Encoding together with the body",
    async run({ ada, bob }) {
      const { host } = new URL(ada.origin);
      const hidden = `GET ${TASKS} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      for (const method of ["GET", "OPTIONS"]) {
        const answer = await ada.ask({
          ...{ method, path: ME, body: hidden, linger: 300 },
          headers: { ...SCRIPT, Connection: "keep-alive" },
        });
        demand(!answer.rest.includes("HTTP/1."), `one answer to one ${method}`, "a second one");
        // Request smuggling: the connection to the backend is shared, so a response left on it
        // would go to the next caller.
        const next = await whoAmI((ask) => bob.ask(ask));
        demand(
          next.me?.email === bob.email,
          "the next caller to get their own answer",
          next.me?.email ?? tell(next),
        );
      }
    },
  },
];

function withEach(name: string, values: readonly string[]): Ask[] {
  return values.flatMap((value) =>
    PROTECTED.map((path) => ({
      path,
      headers: { ...(path === "/dashboard" ? NAVIGATION : SCRIPT), [name]: value },
    })),
  );
}

function body(headers: Record<string, string>, text = ""): Ask {
  return { method: "POST", path: TASKS, headers: { ...SCRIPT, ...headers }, body: text };
}
