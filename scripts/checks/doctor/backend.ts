import { type BackendSettings, slugOf } from "../../../lib/backends";
import { type Backend, type Routes, routes } from "../../../lib/routes";
import { type Check, failed, type Outcome, passed, skipped, warning } from "../check";
import { failUnreachable } from "../network-error";
import type { HttpResponse } from "../probe";
import { explainVercel } from "../vercel";
import type { BackendContext, Context } from "./context";
import { diagnose, isAccepted, readCode } from "./diagnose";
import { judgeClock } from "./judge-clock";
import { isLoopback } from "./loopback";
import { request } from "./request";
import { type Forgery, forgeries } from "./token-probe";

/** One or several. The type of the value itself depends on the number of entries. */
const backends: Routes["backends"] = routes.backends;

/** Checks each FastAPI directly, with the tokens that the gate would send. */
export const backend: readonly Check<Context>[] = backends.flatMap(checksOf);

function checksOf(data: Backend, index: number): Check<Context>[] {
  const { address, prefix } = data;
  const isFirst = index === 0;
  const topic = isFirst ? "backend" : `backend.${slugOf(data)}`;
  const name = isFirst ? "FastAPI" : `FastAPI at ${prefix}`;
  const needsBackend = [`${topic}.reachable`];
  const needsToken = [...needsBackend, "config.JWT_SECRET_KEY", "config.optional"];
  const of = ({ backends }: Context) => backends[index] as BackendContext;

  return [
    {
      id: `${topic}.https`,
      title: `The connection to ${name} uses https`,
      needs: [`config.${address}`],
      run: (context) => {
        const { protocol, hostname, origin } = new URL(of(context).settings.url);
        if (protocol === "https:") return passed();
        if (isLoopback(hostname)) return passed("http, which is fine on loopback");
        return warning(
          `${address} is ${origin}: tokens are sent unencrypted`,
          "Serve FastAPI over TLS, unless the network is private",
        );
      },
    },
    {
      id: `${topic}.reachable`,
      title: `${name} responds`,
      needs: [`config.${address}`],
      run: async (context) => {
        try {
          const response = await request(`${of(context).settings.url}/health`);
          const ofVercel = explainVercel(response, name, address);
          if (ofVercel) return failed(ofVercel.reason, ofVercel.fix);
          const { status } = response;
          if (status < 500) return passed(status === 200 ? undefined : `/health: ${status}`);
          return failed(`/health returns ${status}`, "Check FastAPI's log");
        } catch (error) {
          return failUnreachable(error, name, address);
        }
      },
    },
    {
      id: `${topic}.clock`,
      title: `The clock of ${name}`,
      needs: needsBackend,
      run: async (context) =>
        judgeClock(`the clock of ${name}`, (await of(context).tokenProbe.sendWithoutToken()).ahead),
    },
    {
      id: `${topic}.anonymous`,
      title: `${name} refuses a call without a token`,
      needs: needsBackend,
      run: async (context) => {
        const response = await of(context).tokenProbe.sendWithoutToken();
        return judgeRefusal(of(context), response, "A CALL WITHOUT A TOKEN");
      },
    },
    {
      id: `${topic}.accepts`,
      title: `${name} accepts the gate's token`,
      needs: needsToken,
      run: (context) => judgeAcceptance(of(context), data),
    },
    ...Object.entries(forgeries).map(([forgery, { title, make }]) => ({
      id: `${topic}.refuses.${forgery}`,
      title: `${name} refuses a token ${title}`,
      // `accepts` is not in this list: a backend that accepts a forged token must be found even if it
      // refuses the gate's.
      needs: needsToken,
      run: (context: Context) => judgeForgery(of(context), title, make),
    })),
    ...(backends.length === 1
      ? []
      : [
          {
            id: `${topic}.refuses.other-backends`,
            title: `${name} refuses the tokens of the other backends`,
            needs: needsToken,
            run: (context: Context) =>
              judgeOthers(
                of(context),
                context.backends.filter((other) => other !== of(context)),
              ),
          },
        ]),
    {
      id: `${topic}.no-store`,
      title: `Caches do not store the responses of ${name}`,
      needs: [`${topic}.accepts`],
      run: async (context) => {
        const response = await of(context).tokenProbe.sendGateToken();
        const cacheControl = response.headers.get("cache-control") ?? "";
        if (/\b(no-store|private)\b/.test(cacheControl)) return passed(cacheControl);
        return warning(
          `Cache-Control is ${cacheControl ? `"${cacheControl}"` : "not sent"}, so a shared cache can store the response`,
          "Send Cache-Control: private, no-store with every response, as backend/headers.py does",
        );
      },
    },
  ];
}

async function judgeAcceptance(
  { tokenProbe, path, settings }: BackendContext,
  backend: Backend,
): Promise<Outcome> {
  const response = await tokenProbe.sendGateToken();
  if (isAccepted(response)) return passed();
  if (response.status === 401) {
    const { reason, fix } = await diagnose(response, settings.jwt, tokenProbe, backend);
    return failed(reason, fix);
  }
  if (response.status === 403) {
    return warning(
      `${path} returns 403: it accepts the token, but refuses the user`,
      suggestPath(settings, "that every user may read"),
    );
  }
  return failed(
    `${path} returns ${response.status}`,
    suggestPath(settings, "that requires a user and supports GET"),
  );
}

/** The paths of the first backend have no prefix (`scripts/checks/find-path.ts`). */
function suggestPath({ prefix }: BackendSettings, which: string): string {
  const shown = prefix === routes.backends[0].prefix ? "" : prefix;
  return `Give a path of your FastAPI ${which}: npm run doctor -- --path ${shown}/api/me`;
}

async function judgeForgery(backend: BackendContext, title: string, make: Forgery): Promise<Outcome> {
  const response = await backend.tokenProbe.sendForgedToken(make);
  return unlessOwnIsRefused(backend, judgeRefusal(backend, response, `A FORGED TOKEN (${title})`));
}

/** The outcome of the first backend whose token is not refused. */
async function judgeOthers(backend: BackendContext, others: readonly BackendContext[]): Promise<Outcome> {
  for (const { settings } of others) {
    const { audience } = settings.jwt;
    const response = await backend.tokenProbe.sendVariation({ audience });
    if (isAccepted(response)) {
      return failed(
        `FASTAPI ACCEPTS A TOKEN FOR ${settings.prefix}: ${backend.path} returns ${response.status}. That backend can call this one as any of its users`,
        `Let this FastAPI accept only its own audience (JWT_AUDIENCE), not "${audience}"`,
      );
    }
    const outcome = judgeRefusal(backend, response, `A TOKEN FOR ${settings.prefix}`);
    if (outcome.status !== "passed") return unlessOwnIsRefused(backend, outcome);
  }
  return unlessOwnIsRefused(backend, passed());
}

/** A backend that refuses every token does not show that it refuses this one. */
async function unlessOwnIsRefused({ tokenProbe }: BackendContext, outcome: Outcome): Promise<Outcome> {
  if (outcome.status === "failed" || isAccepted(await tokenProbe.sendGateToken())) return outcome;
  return skipped("FastAPI refuses the gate's own token too, so this refusal proves nothing");
}

function judgeRefusal(
  { path, settings }: BackendContext,
  response: HttpResponse,
  credential: string,
): Outcome {
  if (isAccepted(response)) {
    return failed(
      `FASTAPI ACCEPTS ${credential}: ${path} returns ${response.status}. Anyone can impersonate any user`,
      `Take this backend off the network, and make ${path} depend on CurrentUser of backend/auth.py`,
    );
  }
  if (response.status === 401) return passed(readCode(response));
  return warning(
    `${path} returns ${response.status}; expected 401`,
    suggestPath(settings, "that requires a user"),
  );
}
