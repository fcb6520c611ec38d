import { decodeJwt } from "jose";
import { createIsolate, type Isolate } from "../stack/edge-isolate";
import { testEnv } from "../stack/test-stack";
import { type Case, type Database, SETTINGS } from "./case";
import { rotate } from "./statistics";
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
  database: Database,
  cookiesOf: CookiesOf,
  { rounds, starts }: ArtifactOptions,
) {
  const env = testEnv({ ...SETTINGS, BACKEND_URL: BACKEND, ...database.env, VERCEL: "1" });

  const perRequest = cases.map((): number[] => []);
  const runners = cases.map((it) => ({ it, isolate: start(it, env), cookies: cookiesOf(it) }));
  for (const runner of runners) await warmUp(runner);
  for (let round = 0; round < rounds; round++) {
    for (const runner of rotate(runners, round)) {
      perRequest[runners.indexOf(runner)]?.push(await timeRequests(runner));
    }
  }

  const perStart = cases.map((): number[] => []);
  const perScript = cases.map((): number[] => []);
  for (let round = 0; round < starts; round++) {
    for (const runner of rotate(runners, round)) {
      // The memory of a fresh isolate is empty, so "memory full" cannot be measured here.
      if (runner.it.visitor === "one of many") continue;
      const { script, whole } = await timeStart(runner.it, runner.cookies(), env);
      perStart[runners.indexOf(runner)]?.push(whole);
      perScript[runners.indexOf(runner)]?.push(script);
    }
  }
  return { perRequest, perStart, perScript };
}

function start(it: Case, env: Record<string, string>): Isolate {
  const isolate = createIsolate(it.built.functionDir, env);
  isolate.evaluate();
  return isolate;
}

interface Runner {
  readonly it: Case;
  readonly isolate: Isolate;
  readonly cookies: Cookies;
}

const pathTo = (n: number) => `${APP}/backend/api/tasks?page=${n}`;

async function warmUp({ it, isolate, cookies }: Runner): Promise<void> {
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
async function timeRequests({ it, isolate, cookies }: Runner): Promise<number> {
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
async function timeStart(it: Case, cookie: string, env: Record<string, string>) {
  const isolate = createIsolate(it.built.functionDir, env);
  const request = isolate.request(pathTo(0), { headers: browserHeaders(cookie) });
  const began = performance.now();
  isolate.evaluate();
  const evaluated = performance.now();
  const response = await isolate.respond(request);
  const responded = performance.now();
  check(it, response, 0);
  return { script: evaluated - began, whole: responded - began };
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
