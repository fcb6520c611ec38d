import { withoutBasePath } from "../lib/base-path";
import type { Passed, PassedSession } from "../lib/next-function";
import { isWithin } from "../lib/route-patterns";
import type { Classify } from "./classify";
import { readAdditions } from "./next-additions";
import type { GateOptions } from "./options";
import { choosePolicy } from "./pages/content-security-policy";
import type { GateRequest } from "./request";
import { pass, respondWith } from "./respond";
import type { SessionResult } from "./session/session";
import { isPromise, type MaybeAsync } from "./util/maybe-async";

/** Performs a pass: calls the `next` function and adds what it returns. */
export type PassWithNext = (
  request: GateRequest,
  session: SessionResult,
  setCookies: readonly string[],
) => MaybeAsync<Response>;

/** How the gate treats a path. */
interface Paths {
  readonly classify: Classify;
  /** Milliseconds. */
  readonly maxStaleAt: (pathname: string) => number;
}

/**
 * Creates the pass of a gate with a `next` function (docs/decisions/021-next-function.md). Undefined
 * without one.
 */
export function createPassWithNext(options: GateOptions, paths: Paths): PassWithNext | undefined {
  // The parameter of a method may be a subtype: `middleware.ts` passes on Next's own request.
  if (!options.next) return undefined;
  const { next } = options;

  return function passWithNext(request, session, setCookies) {
    const { kind } = request.classified;
    // The gate passes a file as it is, and never passes a request to the backend.
    if (kind === "public-file" || kind === "backend") return pass(request, setCookies, options);
    const result = next(request.raw, describePass(kind, request, session));
    return isPromise(result) ? result.then(finish) : finish(result);

    function finish(result: Awaited<ReturnType<typeof next>>): Response {
      const additions = readAdditions(result, options.clientAddressHeader);
      if (result instanceof Response && !additions.continues) {
        const policy = choosePolicy(request.classified, options);
        return respondWith(result, request, setCookies, policy, additions);
      }
      const { rewrite } = additions;
      if (rewrite !== undefined) checkRewrite(rewrite, request, session, paths, options);
      return pass(request, setCookies, options, additions);
    }
  };
}

function describePass(kind: Passed["kind"], { classified }: GateRequest, session: SessionResult): Passed {
  return { kind, session: describeSession(classified.access === "open", session) };
}

function describeSession(isOpen: boolean, result: SessionResult): PassedSession {
  if (isOpen || result.state === "unreachable") return { state: "unknown" };
  if (result.state !== "active") return { state: "none" };
  const { identity, expiresAt } = result.session;
  return { state: "active", identity, expiresAt };
}

/**
 * Makes sure that a rewrite of the `next` function leads to a page that this request may see.
 *
 * Attack: a rewrite does not pass the gate again. From a public path it could lead to a protected
 * page, and to another origin it would send the session cookie there. Defence: the target is
 * classified as if the browser had requested it.
 * @throws {Error} that names the paths and the fix
 */
function checkRewrite(
  rewrite: string,
  { raw, headers, pathname, classified }: GateRequest,
  session: SessionResult,
  { classify, maxStaleAt }: Paths,
  { routes: { basePath = "" } }: GateOptions,
): void {
  const url = new URL(rewrite, raw.url);
  const fail = (reason: string) => {
    throw new Error(`the next function rewrites ${pathname} to ${url.pathname}, ${reason}`);
  };
  if (url.origin !== new URL(raw.url).origin) fail("of another origin. Only paths of this app are allowed");
  if (basePath && !isWithin(url.pathname, basePath)) fail(`outside of ${basePath}. Add this base path`);
  const target = withoutBasePath(url.pathname, { basePath });
  const { kind, access } = classify(raw.method, target, headers);
  if (kind === "backend") fail("a path of the backend. Let the browser request that path");
  // A page's path has not passed the rules and the check of other sites that a route handler's has.
  if (kind === "api") fail("a route handler, which needs a session. Let the browser request that path");
  if (access !== "required") return;
  if (session.state !== "active") fail("which needs a session. List both paths in lib/routes.ts alike");
  if (classified.access === "required" && maxStaleAt(target) < maxStaleAt(pathname)) {
    fail("which has a shorter bound. Add the first path to maxStale in lib/routes.ts");
  }
}
