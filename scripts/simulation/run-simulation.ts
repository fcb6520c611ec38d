import type { SessionResult } from "../../edge/session/session";
import type { Caller } from "./isolate";
import { createPageViews, type Step } from "./page-views";
import type { Parameters } from "./parameters";
import { playPageViews } from "./play-page-views";
import { createRandom } from "./random";
import { measureRevocations } from "./revocations";
import { createUsers, type User } from "./users";
import { World } from "./world";

export type Source = Extract<SessionResult, { state: "active" }>["source"];

/** What was counted during the measured time. */
export interface Counts {
  requests: number;
  /** Lookups at the database. */
  lookups: number;
  /** Requests by the source of their result. Several with the source `store` can share one lookup. */
  readonly sources: Record<Source, number>;
}

export interface SimulationResult extends Counts {
  /**
   * The time from the deletion of a session to the first refused request, for each deleted session
   * and each isolate that received requests for it. Seconds, ascending.
   */
  readonly revocationDelays: readonly number[];
}

/**
 * Runs a simulation. The same parameters always give the same result.
 * @throws when a request has another result than an active session
 */
export async function runSimulation(parameters: Parameters): Promise<SimulationResult> {
  const { warmUpSeconds, measuredSeconds, seed, traffic } = parameters;
  const world = new World(parameters, seed);
  const users = await createUsers(world, parameters);
  let counts = noCounts();

  const send = (user: User, { route }: Step, caller: Caller, onResponse: () => void) => {
    if (!user.isActive) return;
    if (caller === "page") user.lastPage = world.seconds;
    const header = user.jar.header(world.clock.now());
    world.send({ region: user.region, route, header, caller }, (result) => {
      if (!user.isActive) return;
      if (result.state !== "active") throw new Error(`The session of ${user.token} is ${result.state}`);
      counts.requests++;
      counts.sources[result.source]++;
      // A forwarded response cannot set cookies, and nothing waits for it.
      if (caller === "backend") return;
      world.at(world.seconds + traffic.pageSeconds, () => {
        user.jar.store(result.setCookies, world.clock.now());
        onResponse();
      });
    });
  };
  for (const [index, user] of users.entries()) {
    playPageViews(pageViewsOf(index, parameters), {
      at: (seconds, run) => world.at(seconds, run),
      send: (step, caller, onResponse) => send(user, step, caller, onResponse),
    });
  }
  await world.runUntil(warmUpSeconds);
  counts = noCounts();
  const before = world.database.lookups;
  await world.runUntil(warmUpSeconds + measuredSeconds);
  const measured = { ...counts, lookups: world.database.lookups - before };
  counts = noCounts();
  return { ...measured, revocationDelays: await measureRevocations(world, users, parameters) };
}

/** The page views of one user. A real run with the same parameters has the same ones. */
export function pageViewsOf(user: number, { seed, traffic }: Pick<Parameters, "seed" | "traffic">) {
  return createPageViews(createRandom(seed, 3, user), traffic);
}

function noCounts(): Counts {
  return { requests: 0, lookups: 0, sources: { memory: 0, cookie: 0, store: 0 } };
}
