import { authBasePath } from "../../../lib/auth/auth-path";
import { withBasePath } from "../../../lib/base-path";
import { routes } from "../../../lib/routes";
import { pagePath } from "../../lib/page-path";
import { type Check, failed, type Outcome, passed, skipped, warning } from "../check";
import { failUnreachable, Unreachable } from "../network-error";
import { NAVIGATION, SCRIPT } from "../probe";
import { explainVercel } from "../vercel";
import type { Context } from "./context";
import { readCode } from "./diagnose";
import { judgeClock } from "./judge-clock";
import { judgeCookies } from "./judge-cookies";
import { judgeHeaders } from "./judge-headers";
import { judgeReadiness } from "./judge-readiness";
import { isLoopback } from "./loopback";
import { request } from "./request";

const needsApp = ["app.reachable"];
const HEALTH = withBasePath("/api/health", routes);
const READY = withBasePath("/api/health/ready", routes);
const HOME = withBasePath(pagePath(routes.home), routes);
const LOGIN = withBasePath(pagePath(routes.login), routes);
const PREFIXES = routes.backends.map(({ prefix }) => prefix).join(" and ");

/**
 * CVE-2025-29927: this header made older versions of Next.js skip the middleware, and so the gate.
 */
const BYPASS = { "X-Middleware-Subrequest": Array(5).fill("middleware").join(":") };

/** Checks the running app from the network. It creates no account and no session. */
export const app: readonly Check<Context>[] = [
  {
    id: "app.reachable",
    title: "The app responds",
    run: async ({ app: { origin, isNamed }, env, problems }) => {
      if (!isNamed && problems.some((problem) => problem.startsWith("BETTER_AUTH_URL:"))) {
        return skipped("its address is not known. Give it: npm run doctor -- https://…");
      }
      try {
        const response = await request(origin + HEALTH);
        const ofVercel = explainVercel(response, "the app", "the address");
        if (ofVercel) return failed(ofVercel.reason, ofVercel.fix);
        const { status } = response;
        if (status !== 200) return failed(`${origin}${HEALTH} returns ${status}`, "Check the app's log");
        if (env.origins.includes(origin)) return passed(origin);
        return warning(
          `${origin} is not BETTER_AUTH_URL (${env.appOrigin}): forms sent from there are refused`,
          "Set BETTER_AUTH_URL to the address that users open",
        );
      } catch (error) {
        if (!isNamed && isNotStarted(error)) {
          return skipped(`${error.message}. Start the app, or give its address: npm run doctor -- https://…`);
        }
        return failUnreachable(error, "the app", isNamed ? "the address" : "BETTER_AUTH_URL");
      }
    },
  },
  {
    id: "app.origin",
    title: "The app accepts forms from its own address",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      const { status, body } = await signOut(origin);
      if (status !== 403) return passed();
      const code = readCode({ body });
      return failed(
        `the app refuses a form from ${origin}${code ? ` (${code})` : ""}: its BETTER_AUTH_URL is another address`,
        `Set BETTER_AUTH_URL of the deployment to ${origin}, and deploy again; or open the app at the address in BETTER_AUTH_URL`,
      );
    },
  },
  {
    id: "app.ready",
    title: "The app reaches its database and FastAPI",
    needs: needsApp,
    run: async ({ app: { origin } }) => judgeReadiness(await request(origin + READY)),
  },
  {
    id: "app.clock",
    title: "The app's clock",
    needs: needsApp,
    run: async ({ app: { origin } }) => judgeClock("the app's clock", (await request(origin + HEALTH)).ahead),
  },
  {
    id: "app.gate",
    title: `The gate refuses an anonymous call to ${PREFIXES}`,
    needs: needsApp,
    run: (context) => judgeGates(context, {}),
  },
  {
    id: "app.bypass",
    title: "An internal header of Next.js does not bypass the gate",
    needs: needsApp,
    run: (context) => judgeGates(context, BYPASS),
  },
  {
    id: "app.page",
    title: "A protected page redirects signed-out visitors to the sign-in page",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      const { status, headers } = await request(origin + HOME, { headers: NAVIGATION });
      const to = headers.get("location") ?? "";
      if (status === 307 && new URL(to, origin).pathname === LOGIN) return passed();
      return failed(`${HOME} returns ${status}${to && ` to ${to}`}`, "Check that middleware.ts is deployed");
    },
  },
  {
    id: "app.cookies",
    title: "Cookies are HttpOnly, SameSite and, over https, Secure",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      const { status, setCookies } = await signOut(origin);
      return judgeCookies(setCookies, { secure: origin.startsWith("https:"), status });
    },
  },
  {
    id: "app.headers",
    title: "Pages have the security headers",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      const { headers } = await request(origin + LOGIN, { headers: NAVIGATION });
      return judgeHeaders(headers, { secure: origin.startsWith("https:") });
    },
  },
];

/**
 * A sign-out without a session changes nothing, and its response names every session cookie with its
 * attributes.
 */
function signOut(origin: string) {
  return request(`${origin}${authBasePath}/sign-out`, {
    method: "POST",
    headers: { Origin: origin, "Content-Type": "application/json" },
    body: "{}",
  });
}

/**
 * An app on this machine that is not running is not a problem. Any other connection error is one.
 */
function isNotStarted(error: unknown): error is Unreachable {
  if (!(error instanceof Unreachable)) return false;
  return error.code === "ECONNREFUSED" && isLoopback(new URL(error.origin).hostname);
}

/** The outcome of the first backend that is not protected. */
async function judgeGates({ app, backends }: Context, extra: Record<string, string>): Promise<Outcome> {
  for (const { settings, path } of backends) {
    const outcome = await judgeGate(app.origin, withBasePath(settings.prefix + path, routes), extra);
    if (outcome.status !== "passed") return outcome;
  }
  return passed();
}

async function judgeGate(origin: string, path: string, extra: Record<string, string>): Promise<Outcome> {
  const { status, headers } = await request(origin + path, { headers: { ...SCRIPT, ...extra } });
  const restore = `Check that middleware.ts is deployed unchanged, and that its matcher covers ${path}`;
  const upstream = headers.get("x-middleware-rewrite");
  if (status === 200 || upstream) return failed(`the call reached FastAPI and returned ${status}`, restore);
  if (status !== 401) return failed(`the gate returns ${status}; expected 401`, restore);
  if (!headers.get("content-type")?.startsWith("application/problem+json")) {
    return failed("the 401 is not from the gate: it is not problem+json", restore);
  }
  if (!/no-store/.test(headers.get("cache-control") ?? "")) {
    return failed(
      "the 401 can be cached",
      "Do not change the gate's Cache-Control (private, no-store) in a proxy",
    );
  }
  return passed();
}
