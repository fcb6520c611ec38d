import { decodeJwt } from "jose";
import { testEnv } from "../tests/support/stack";
import { createIsolate, type Isolate } from "./isolate";
import { rotated } from "./statistics";
import { browserHeaders, cookieHeader, storeSessions, USER_ID } from "./visitors";

/** The built Vercel artifact of each, in the edge runtime. */

const APP = "https://gatehouse.example";
const BACKEND = "https://api.example.com";

export interface Case {
  readonly name: string;
  readonly functionDir: string;
  /** Whose request it is: the one known visitor's, or somebody's that nobody has seen yet. */
  readonly visitor: "known" | "new, with cookie cache" | "new, only in the store";
  /** The floor asks nobody, and so attaches nothing. */
  readonly authorizes: boolean;
  readonly requests: number;
}

interface Database {
  readonly url: string;
  readonly env: Record<string, string>;
}

export interface ArtifactOptions {
  readonly rounds: number;
  readonly starts: number;
  readonly progress: (text: string) => void;
}

type Cookies = () => string;

/** Microseconds a request, and milliseconds a start with its first request: a list for each case, a value a round. */
export async function measureArtifacts(
  cases: readonly Case[],
  database: Database,
  { rounds, starts, progress }: ArtifactOptions,
) {
  const env = testEnv({ BETTER_AUTH_URL: APP, BACKEND_URL: BACKEND, ...database.env, VERCEL: "1" });
  const cookiesOf = await prepareVisitors(cases, database, rounds + starts + 2);

  const perRequest = cases.map((): number[] => []);
  const runners = cases.map((it) => ({ it, isolate: start(it, env), cookies: cookiesOf(it) }));
  for (const runner of runners) await warmUp(runner);
  for (let round = 0; round < rounds; round++) {
    progress(`requests, round ${round + 1} of ${rounds}`);
    for (const runner of rotated(runners, round)) {
      perRequest[runners.indexOf(runner)]?.push(await timeRequests(runner));
    }
  }

  const perStart = cases.map((): number[] => []);
  for (let round = 0; round < starts; round++) {
    progress(`starts, round ${round + 1} of ${starts}`);
    for (const runner of rotated(runners, round)) {
      perStart[runners.indexOf(runner)]?.push(await timeStart(runner.it, runner.cookies(), env));
    }
  }
  return { perRequest, perStart };
}

function start(it: Case, env: Record<string, string>): Isolate {
  const isolate = createIsolate(it.functionDir, env);
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
  const known = cookies();
  for (let i = 0; i < it.requests; i++) {
    const cookie = it.visitor === "known" ? known : cookies();
    const response = await isolate.answer(isolate.request(pathTo(i), { headers: browserHeaders(cookie) }));
    check(it, response, i);
  }
}

/** Mean of a round, in microseconds. The requests are made before the clock runs, the answers looked at after. */
async function timeRequests({ it, isolate, cookies }: Runner): Promise<number> {
  const requests = Array.from({ length: it.requests }, (_, i) =>
    isolate.request(pathTo(i), { headers: browserHeaders(cookies()) }),
  );
  const answers: Response[] = [];
  const began = performance.now();
  for (const request of requests) answers.push(await isolate.answer(request));
  const took = performance.now() - began;
  for (const [i, response] of answers.entries()) check(it, response, i);
  return (took * 1000) / it.requests;
}

/** The script compiled and run and the first request answered, in milliseconds. */
async function timeStart(it: Case, cookie: string, env: Record<string, string>): Promise<number> {
  const isolate = createIsolate(it.functionDir, env);
  const request = isolate.request(pathTo(0), { headers: browserHeaders(cookie) });
  const began = performance.now();
  isolate.evaluate();
  const response = await isolate.answer(request);
  const took = performance.now() - began;
  check(it, response, 0);
  return took;
}

/** @throws unless the request was sent to the right place, in the right name */
function check(it: Case, response: Response, n: number): void {
  const target = response.headers.get("x-middleware-rewrite");
  if (target !== `${BACKEND}/api/tasks?page=${n}`) {
    throw new Error(`${it.name}: status ${response.status}, rewrite to ${target}`);
  }
  if (!it.authorizes) return;
  const token = response.headers.get("x-middleware-request-authorization")?.replace("Bearer ", "");
  if (!token || decodeJwt(token).sub !== USER_ID) throw new Error(`${it.name}: not in the visitor's name`);
}

/** Gives each case its cookies: the same again and again, or those of another visitor each time. */
async function prepareVisitors(cases: readonly Case[], database: Database, rounds: number) {
  const known = await cookieHeader("known", { secure: true, cached: true });
  const stored: string[] = [];
  const makers = new Map<Case, string[]>();
  for (const it of cases) {
    if (it.visitor === "known") continue;
    const tokens = Array.from({ length: it.requests * rounds }, (_, i) =>
      `${it.name} ${i}`.replaceAll(" ", "-"),
    );
    const cached = it.visitor === "new, with cookie cache";
    if (!cached) stored.push(...tokens);
    makers.set(it, await Promise.all(tokens.map((token) => cookieHeader(token, { secure: true, cached }))));
  }
  await storeSessions(database.url, stored);
  return (it: Case): Cookies => {
    const own = makers.get(it);
    if (!own) return () => known;
    let next = 0;
    return () => {
      const cookie = own[next++];
      if (!cookie) throw new Error(`${it.name}: no visitors left`);
      return cookie;
    };
  };
}
