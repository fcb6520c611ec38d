import { decodeJwt } from "jose";
import { createIsolate, type Isolate } from "../stack/edge-isolate";
import { type Case, type Databases, SETTINGS } from "./case";
import { collectGarbage } from "./collect-garbage";
import { contenderEnv } from "./contender-env";
import { balanceOrder } from "./statistics";
import { browserHeaders, type Cookies, type CookiesOf, USER_ID } from "./visitors";

/** Measures the Vercel artifact of each contender in the edge runtime. */

const APP = SETTINGS.BETTER_AUTH_URL;
const BACKEND = "https://api.example.com";

/** How many rounds of requests and how many starts to measure. */
export interface ArtifactOptions {
  readonly rounds: number;
  readonly starts: number;
}

/**
 * Measures each case. Every result is a list with one entry per case, which holds one value per
 * round.
 * `perRequest`: microseconds per request. `perStart`: milliseconds of a start with its first
 * request. `perScript`: the milliseconds of that start that compile and run the script.
 * @throws when a response is not the expected rewrite
 */
export async function measureArtifacts(
  cases: readonly Case[],
  databases: Databases,
  cookiesOf: CookiesOf,
  { rounds, starts }: ArtifactOptions,
) {
  const runners: Runner[] = [];
  for (const it of cases) {
    const env = await contenderEnv(it, databases, { BACKEND_URL: BACKEND, VERCEL: "1" });
    runners.push({ it, env, cookies: cookiesOf(it) });
  }
  return { perRequest: await measureRequests(runners, rounds), ...(await measureStarts(runners, starts)) };
}

interface Runner {
  readonly it: Case;
  readonly env: Record<string, string>;
  readonly cookies: Cookies;
}

/** A runner with an isolate that has its script and has responded to requests. */
interface WarmRunner extends Runner {
  readonly isolate: Isolate;
}

async function measureRequests(runners: readonly Runner[], rounds: number): Promise<number[][]> {
  const perRequest = runners.map((): number[] => []);
  const warm: WarmRunner[] = [];
  for (const runner of runners) {
    const isolate = createIsolate(runner.it.built.functionDir, runner.env);
    isolate.evaluate();
    await warmUp({ ...runner, isolate });
    warm.push({ ...runner, isolate });
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of balanceOrder(warm, round)) {
      perRequest[warm.indexOf(runner)]?.push(await timeRequests(runner));
    }
  }
  return perRequest;
}

/**
 * After the isolates of the requests are gone: a fresh isolate has a heap of its own, and does not
 * pay for the sessions of others. For the same reason the garbage of each start is collected before
 * the next one.
 */
async function measureStarts(runners: readonly Runner[], rounds: number) {
  const perStart = runners.map((): number[] => []);
  const perScript = runners.map((): number[] => []);
  // The memory of a fresh isolate is empty, so "memory full" cannot be measured here.
  const starters = runners.filter(({ it }) => it.visitor !== "one of many");
  for (let round = 0; round < rounds; round++) {
    for (const runner of balanceOrder(starters, round)) {
      collectGarbage();
      const { script, whole } = await timeStart(runner);
      perStart[runners.indexOf(runner)]?.push(whole);
      perScript[runners.indexOf(runner)]?.push(script);
    }
  }
  return { perStart, perScript };
}

const pathTo = (n: number) => `${APP}/backend/api/tasks?page=${n}`;

async function warmUp({ it, isolate, cookies }: WarmRunner): Promise<void> {
  for (let i = 0; i < it.warmUp; i++) {
    const response = await isolate.respond(
      isolate.request(pathTo(i), { headers: browserHeaders(cookies()) }),
    );
    check(it, response, i);
  }
}

/**
 * The mean of one round, in microseconds per request. The requests are made before the clock
 * starts, and the responses are checked after it stops.
 */
async function timeRequests({ it, isolate, cookies }: WarmRunner): Promise<number> {
  const requests = Array.from({ length: it.requests }, (_, i) =>
    isolate.request(pathTo(i), { headers: browserHeaders(cookies()) }),
  );
  const responses: Response[] = [];
  const began = performance.now();
  for (const request of requests) responses.push(await isolate.respond(request));
  const took = performance.now() - began;
  for (const [i, response] of responses.entries()) check(it, response, i);
  return (took * 1000) / it.requests;
}

/**
 * The time to compile and run the script, and the whole time up to the first response.
 * Milliseconds.
 */
async function timeStart({ it, env, cookies }: Runner) {
  const isolate = createIsolate(it.built.functionDir, env);
  const request = isolate.request(pathTo(0), { headers: browserHeaders(cookies()) });
  const began = performance.now();
  isolate.evaluate();
  const evaluated = performance.now();
  const response = await isolate.respond(request);
  const ended = performance.now();
  check(it, response, 0);
  return { script: evaluated - began, whole: ended - began };
}

/** @throws unless the request goes to the right address, with a token of the right user */
function check(it: Case, response: Response, n: number): void {
  const target = response.headers.get("x-middleware-rewrite");
  if (target !== `${BACKEND}/api/tasks?page=${n}`) {
    throw new Error(`${it.name}: status ${response.status}, rewrite to ${target}`);
  }
  if (!it.authorizes) return;
  const token = response.headers.get("x-middleware-request-authorization")?.replace("Bearer ", "");
  if (!token || decodeJwt(token).sub !== USER_ID)
    throw new Error(`${it.name}: the token is not the visitor's`);
}
