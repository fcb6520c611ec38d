import { type Check, failed, type Outcome, passed, skipped, warning } from "../check";
import { failUnreachable } from "../network-error";
import type { HttpResponse } from "../probe";
import type { Context } from "./context";
import { diagnose, isAccepted, readCode } from "./diagnose";
import { judgeClock } from "./judge-clock";
import { isLoopback } from "./loopback";
import { request } from "./request";
import { type Forgery, forgeries } from "./token-probe";

const needsBackend = ["backend.reachable"];

/** Checks FastAPI directly, with the tokens that the gate would send. */
export const backend: readonly Check<Context>[] = [
  {
    id: "backend.https",
    title: "The connection to FastAPI uses https",
    needs: ["config.BACKEND_URL"],
    run: ({ backend: { url } }) => {
      const { protocol, hostname, origin } = new URL(url);
      if (protocol === "https:") return passed();
      if (isLoopback(hostname)) return passed("http, which is fine on loopback");
      return warning(
        `BACKEND_URL is ${origin}: tokens are sent unencrypted`,
        "Serve FastAPI over TLS, unless the network is private",
      );
    },
  },
  {
    id: "backend.reachable",
    title: "FastAPI responds",
    needs: ["config.BACKEND_URL"],
    run: async ({ backend: { url } }) => {
      try {
        const { status } = await request(`${url}/health`);
        if (status < 500) return passed(status === 200 ? undefined : `/health: ${status}`);
        return failed(`/health returns ${status}`, "Check FastAPI's log");
      } catch (error) {
        return failUnreachable(error, "FastAPI", "BACKEND_URL");
      }
    },
  },
  {
    id: "backend.clock",
    title: "FastAPI's clock",
    needs: needsBackend,
    run: async ({ tokenProbe }) => judgeClock("FastAPI's clock", (await tokenProbe.sendWithoutToken()).ahead),
  },
  {
    id: "backend.anonymous",
    title: "FastAPI refuses a call without a token",
    needs: needsBackend,
    run: async ({ tokenProbe, path }) =>
      judgeRefusal(await tokenProbe.sendWithoutToken(), "A CALL WITHOUT A TOKEN", path),
  },
  {
    id: "backend.accepts",
    title: "FastAPI accepts the gate's token",
    needs: [...needsBackend, "config.JWT_SECRET_KEY", "config.optional"],
    run: judgeAcceptance,
  },
  ...Object.entries(forgeries).map(([name, { title, make }]) => ({
    id: `backend.refuses.${name}`,
    title: `FastAPI refuses a token ${title}`,
    // `backend.accepts` is not in this list: a backend that accepts a forged token must be found
    // even if it refuses the gate's.
    needs: [...needsBackend, "config.JWT_SECRET_KEY", "config.optional"],
    run: (context: Context) => judgeForgery(context, title, make),
  })),
  {
    id: "backend.no-store",
    title: "Caches do not store the responses of FastAPI",
    needs: ["backend.accepts"],
    run: async ({ tokenProbe }) => {
      const cacheControl = (await tokenProbe.sendGateToken()).headers.get("cache-control") ?? "";
      if (/\b(no-store|private)\b/.test(cacheControl)) return passed(cacheControl);
      return warning(
        `Cache-Control is ${cacheControl ? `"${cacheControl}"` : "not sent"}, so a shared cache can store the response`,
        "Send Cache-Control: private, no-store with every response, as backend/headers.py does",
      );
    },
  },
];

async function judgeAcceptance({ tokenProbe, path, env }: Context): Promise<Outcome> {
  const response = await tokenProbe.sendGateToken();
  if (isAccepted(response)) return passed();
  if (response.status === 401) {
    const { reason, fix } = await diagnose(response, env.jwt, tokenProbe);
    return failed(reason, fix);
  }
  if (response.status === 403) {
    return warning(
      `${path} returns 403: it accepts the token, but refuses the user`,
      suggestPath("that every user may read"),
    );
  }
  return failed(`${path} returns ${response.status}`, suggestPath("that requires a user and supports GET"));
}

const suggestPath = (which: string) =>
  `Give a path of your FastAPI ${which}: npm run doctor -- --path /api/me`;

async function judgeForgery({ tokenProbe, path }: Context, title: string, make: Forgery): Promise<Outcome> {
  const outcome = judgeRefusal(await tokenProbe.sendForgedToken(make), `A FORGED TOKEN (${title})`, path);
  if (outcome.status === "failed" || isAccepted(await tokenProbe.sendGateToken())) return outcome;
  return skipped("FastAPI refuses the gate's own token too, so this refusal proves nothing");
}

function judgeRefusal(response: HttpResponse, credential: string, path: string): Outcome {
  if (isAccepted(response)) {
    return failed(
      `FASTAPI ACCEPTS ${credential}: ${path} returns ${response.status}. Anyone can impersonate any user`,
      `Take this backend off the network, and make ${path} depend on CurrentUser of backend/auth.py`,
    );
  }
  if (response.status === 401) return passed(readCode(response));
  return warning(`${path} returns ${response.status}; expected 401`, suggestPath("that requires a user"));
}
