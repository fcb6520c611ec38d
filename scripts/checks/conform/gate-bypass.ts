import type { Check } from "../check";
import { type HttpRequest, NAVIGATION, SCRIPT } from "../probe";
import { assertRefused, assertStatus, BACKEND, EVIL, HOME, ME, TASKS } from "./assertions";
import { OF_OTHER_BACKENDS } from "./backends";
import type { Context } from "./context";

const MATCHER = "middleware.ts: the matcher must exclude only static files";
const PLATFORM =
  "Use a version of Next.js that drops these headers of clients (such as 16.4), or drop them in the proxy in front of it";

/** Protected paths: a page, a call to each backend and a route handler. */
const PROTECTED = [HOME, ME, ...OF_OTHER_BACKENDS, "/api/anything"];

/** Ways to bypass the gate. Each has worked against some software. */
export const gateBypass: readonly Check<Context>[] = [
  {
    id: "bypass.subrequest",
    title: "no request bypasses the gate by claiming to be a subrequest",
    source: "CVE-2025-29927",
    fix: PLATFORM,
    run: (context) =>
      assertRefused(
        context,
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
    title: "no request bypasses the gate with the framework's internal headers",
    source: "OWASP ASVS v5 4.1.3",
    fix: PLATFORM,
    run: (context) =>
      assertRefused(context, [
        ...withEach("X-Middleware-Next", ["1"]),
        ...withEach("X-Middleware-Rewrite", [HOME]),
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
    title: "no request bypasses the gate with a proxy's headers",
    source: "OWASP ASVS v5 4.1.3",
    fix: "edge/upstream/headers.ts must drop the forwarding headers of clients",
    run: (context) =>
      assertRefused(context, [
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
    title: "no request bypasses the gate with another spelling of a path",
    source: "RFC 3986 §6.2.2",
    fix: MATCHER,
    run: (context) =>
      assertRefused(
        context,
        [
          ...[
            "/%62ackend/api/me",
            "/Backend/api/me",
            `/${BACKEND}/api/me`,
            `/.${BACKEND}/api/me`,
            `${BACKEND};x/api/me`,
          ],
          ...[
            `${BACKEND}%2fapi%2fme`,
            "/\\backend/api/me",
            "/x/..%2fbackend/api/me",
            `/x/%2e%2e${BACKEND}/api/me`,
          ],
          ...[`${BACKEND}/%2e%2e${HOME}`, `/_next/static/../..${HOME}`, `/_next/static/%2e%2e/%2e%2e${HOME}`],
          ...[HOME.toUpperCase(), `${HOME}/`, `${HOME}%00`, `${HOME}%2f`, `/favicon.ico/..${HOME}`],
        ].map((path) => ({ path })),
      ),
  },
  {
    id: "bypass.data-paths",
    title: "no request bypasses the gate by requesting a page's data",
    source: "CWE-288",
    fix: MATCHER,
    run: (context) =>
      assertRefused(context, [
        { path: `/_next/data/conform${HOME}.json` },
        { path: `/_next/data/conform${BACKEND}/api/me.json` },
        { path: `${HOME}.rsc` },
        { path: `${ME}.rsc` },
        { path: `${HOME}.segments/_tree.segment.rsc` },
        { path: `${HOME}?_rsc=conform`, headers: { RSC: "1" } },
        { path: `${HOME}?_rsc=conform`, headers: { RSC: "1", "Next-Router-Prefetch": "1" } },
        { path: HOME, headers: { RSC: "1", "Next-Router-Segment-Prefetch": "/_tree" } },
      ]),
  },
  {
    id: "bypass.methods",
    title: "no method, real or claimed in a header, opens a protected path",
    source: "OWASP REST Security Cheat Sheet, Restrict HTTP methods",
    fix: "edge/decide.ts must require a session for every method",
    async run(context) {
      const claims = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
      await assertRefused(context, [
        ...["HEAD", "OPTIONS", "PROPFIND"].map((method) => ({ method, path: ME })),
        ...claims.map((name) => ({ path: ME, headers: { [name]: "OPTIONS" } })),
      ]);
      for (const name of claims) {
        const headers = { [name]: "GET", Origin: EVIL };
        const response = await context.ada.send({ method: "POST", path: TASKS, headers });
        assertStatus(response, 403, `a cross-site POST with ${name}: GET`);
      }
    },
  },
  {
    id: "bypass.deceptive-paths",
    title: "a path that the backend could read differently is refused",
    source: "RFC 3986 §7.3",
    fix: "edge/path-matcher.ts: isDeceptivePath",
    async run({ ada }) {
      for (const path of ["a%2fb", "a%2Fb", "a%5cb", "%00", "..%2fadmin", "a/..%5cb"]) {
        assertStatus(
          await ada.send({ path: `${BACKEND}/${path}`, headers: SCRIPT }),
          400,
          `${BACKEND}/${path}`,
        );
      }
    },
  },
];

function withEach(name: string, values: readonly string[]): HttpRequest[] {
  return values.flatMap((value) =>
    PROTECTED.map((path) => ({
      path,
      headers: { ...(path === HOME ? NAVIGATION : SCRIPT), [name]: value },
    })),
  );
}
