import { routes } from "../../../lib/routes";
import { isLoopback } from "./address";
import { ask, failWhenUnreachable, Unreachable } from "./ask";
import { type Check, fail, ok, skipped, warn } from "./check";
import { judgeClock } from "./clock";
import { judgeCookies } from "./cookies";
import { judgeHeaders } from "./headers";

const needsApp = ["app.reachable"];
const asData = { accept: "application/json", "sec-fetch-dest": "empty" };

/**
 * CVE-2025-29927: this header made older versions of Next.js skip the middleware, and so the gate.
 */
const BYPASS = { "x-middleware-subrequest": Array(5).fill("middleware").join(":") };

/** Checks the running app from the network. It creates no account and signs nobody in. */
export const app: readonly Check[] = [
  {
    id: "app.reachable",
    title: "The app answers",
    run: async ({ app: { origin, isNamed }, env, problems }) => {
      if (!isNamed && problems.some((problem) => problem.startsWith("BETTER_AUTH_URL:"))) {
        return skipped("its address is not known. Name it: npm run doctor -- https://…");
      }
      try {
        const { status } = await ask(`${origin}/api/health`);
        if (status !== 200) return fail(`${origin}/api/health answers ${status}`, "Its log says why");
        if (env.origins.includes(origin)) return ok(origin);
        return warn(
          `${origin} is not BETTER_AUTH_URL (${env.appOrigin}): forms sent from there are refused`,
          "Set BETTER_AUTH_URL to the address that people open",
        );
      } catch (error) {
        if (!isNamed && isNotStarted(error)) {
          return skipped(`${error.message}. Start the app, or name it: npm run doctor -- https://…`);
        }
        return failWhenUnreachable(error, "the app", isNamed ? "the address" : "BETTER_AUTH_URL");
      }
    },
  },
  {
    id: "app.clock",
    title: "The app's clock",
    needs: needsApp,
    run: async ({ app: { origin } }) =>
      judgeClock("the app's clock", (await ask(`${origin}/api/health`)).ahead),
  },
  {
    id: "app.gate",
    title: "The gate refuses an anonymous call to /backend",
    needs: needsApp,
    run: ({ app: { origin }, path }) => judgeGate(origin, path, {}),
  },
  {
    id: "app.bypass",
    title: "No header of Next's own gets a call past the gate",
    needs: needsApp,
    run: ({ app: { origin }, path }) => judgeGate(origin, path, BYPASS),
  },
  {
    id: "app.page",
    title: "A protected page sends strangers to sign in",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      const { status, headers } = await ask(origin + routes.home, { headers: { accept: "text/html" } });
      const to = headers.get("location") ?? "";
      if (status === 307 && new URL(to, origin).pathname === routes.login) return ok();
      return fail(
        `${routes.home} answers ${status}${to && ` to ${to}`}`,
        "See that middleware.ts is deployed",
      );
    },
  },
  {
    id: "app.cookies",
    title: "Cookies are HttpOnly, SameSite and, over https, Secure",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      // A sign-out without a session changes nothing, and its response names every session cookie
      // with its attributes.
      const { status, headers } = await ask(`${origin}/api/auth/sign-out`, {
        method: "POST",
        headers: { origin, "content-type": "application/json" },
        body: "{}",
      });
      return judgeCookies(headers.getSetCookie(), { secure: origin.startsWith("https:"), status });
    },
  },
  {
    id: "app.headers",
    title: "Pages carry the security headers",
    needs: needsApp,
    run: async ({ app: { origin } }) => {
      const { headers } = await ask(origin + routes.login, { headers: { accept: "text/html" } });
      return judgeHeaders(headers, { secure: origin.startsWith("https:") });
    },
  },
];

/**
 * An app on this machine that is not running is not a problem. Any other connection error is one.
 */
function isNotStarted(error: unknown): error is Unreachable {
  if (!(error instanceof Unreachable)) return false;
  return error.code === "ECONNREFUSED" && isLoopback(new URL(error.url).hostname);
}

async function judgeGate(origin: string, path: string, extra: Record<string, string>) {
  const answer = await ask(origin + routes.backend + path, { headers: { ...asData, ...extra } });
  const { status, headers } = answer;
  const restore = "See that middleware.ts is deployed as it is, and that its matcher covers /backend";
  const upstream = headers.get("x-middleware-rewrite");
  if (status === 200 || upstream) return fail(`the call went on to FastAPI and got ${status}`, restore);
  if (status !== 401) return fail(`the gate answers ${status}, where 401 is expected`, restore);
  if (!headers.get("content-type")?.startsWith("application/problem+json")) {
    return fail("the 401 is not the gate's: it is no problem+json", restore);
  }
  if (!/no-store/.test(headers.get("cache-control") ?? "")) {
    return fail("the 401 may be cached", "Let the gate's Cache-Control (private, no-store) through");
  }
  return ok();
}
