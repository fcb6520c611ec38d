import { isLoopback } from "./address";
import { ask, failWhenUnreachable } from "./ask";
import { type Check, fail, type Outcome, ok, skipped, warn } from "./check";
import { judgeClock } from "./clock";
import type { Context } from "./context";
import { codeOf, diagnose, isAccepted } from "./diagnose";
import { type Forgery, forgeries } from "./probe";

const needsBackend = ["backend.reachable"];

/** Checks FastAPI directly, with the tokens that the gate would send. */
export const backend: readonly Check[] = [
  {
    id: "backend.https",
    title: "The way to FastAPI is https",
    needs: ["config.BACKEND_URL"],
    run: ({ env }) => {
      const { protocol, hostname, origin } = new URL(env.backendUrl);
      if (protocol === "https:") return ok();
      if (isLoopback(hostname)) return ok("http, which is fine on loopback");
      return warn(
        `BACKEND_URL is ${origin}: tokens travel in the clear`,
        "Serve FastAPI over TLS, unless that network is yours alone",
      );
    },
  },
  {
    id: "backend.reachable",
    title: "FastAPI answers",
    needs: ["config.BACKEND_URL"],
    run: async ({ env }) => {
      try {
        const { status } = await ask(`${env.backendUrl}/health`);
        if (status < 500) return ok(status === 200 ? undefined : `/health: ${status}`);
        return fail(`/health answers ${status}`, "FastAPI's log says why");
      } catch (error) {
        return failWhenUnreachable(error, "FastAPI", "BACKEND_URL");
      }
    },
  },
  {
    id: "backend.clock",
    title: "FastAPI's clock",
    needs: needsBackend,
    run: async ({ probe }) => judgeClock("FastAPI's clock", (await probe.anonymous()).ahead),
  },
  {
    id: "backend.anonymous",
    title: "FastAPI refuses a call without a token",
    needs: needsBackend,
    run: async ({ probe, path }) => judgeRefusal(await probe.anonymous(), "A CALL WITHOUT A TOKEN", path),
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
    title: "FastAPI keeps its answers out of caches",
    needs: ["backend.accepts"],
    run: async ({ probe }) => {
      const cacheControl = (await probe.good()).headers.get("cache-control") ?? "";
      if (/\b(no-store|private)\b/.test(cacheControl)) return ok(cacheControl);
      return warn(
        `Cache-Control is ${cacheControl ? `"${cacheControl}"` : "not sent"}, so a shared cache may keep the answer`,
        "Send Cache-Control: private, no-store with every answer, as backend/headers.py does",
      );
    },
  },
];

async function judgeAcceptance({ probe, path, env }: Context): Promise<Outcome> {
  const answer = await probe.good();
  if (isAccepted(answer)) return ok();
  if (answer.status === 401) {
    const { reason, mend } = await diagnose(answer, env.jwt, probe);
    return fail(reason, mend);
  }
  if (answer.status === 403) {
    return warn(
      `${path} answers 403: the token counts, and its user may not`,
      otherPath("that any user may"),
    );
  }
  return fail(`${path} answers ${answer.status}`, otherPath("of yours that wants a user and answers GET"));
}

const otherPath = (which: string) => `Name a path ${which}: npm run doctor -- --path /api/me`;

async function judgeForgery({ probe, path }: Context, title: string, make: Forgery): Promise<Outcome> {
  const outcome = judgeRefusal(await probe.forged(make), `A FORGED TOKEN (${title})`, path);
  if (outcome.state === "fail" || isAccepted(await probe.good())) return outcome;
  return skipped("a refusal proves nothing while the gate's own token is refused");
}

function judgeRefusal(
  answer: { status: number; text: string; headers: Headers },
  what: string,
  path: string,
) {
  if (isAccepted({ ...answer, ahead: 0 })) {
    return fail(
      `FASTAPI ACCEPTS ${what}: ${path} answers ${answer.status}. Anybody can be anybody`,
      `Take this backend off the network, and have ${path} depend on CurrentUser of backend/auth.py`,
    );
  }
  if (answer.status === 401) return ok(codeOf({ ...answer, ahead: 0 }));
  return warn(`${path} answers ${answer.status}, where 401 is expected`, otherPath("that wants a user"));
}
