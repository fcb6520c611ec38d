import type { Parameters } from "./parameters";
import { createRandom } from "./random";
import type { User } from "./users";
import type { World } from "./world";

/** How often each isolate receives a request for a deleted session. Seconds. */
export const PROBE_EVERY = 0.5;
/** At most this many isolates of the user's region receive them. */
const PROBED_ISOLATES = 10;
/** A session is in use if a page was opened in this time, or within the staleness bound. Seconds. */
const IN_USE = 5;
/** After this time and the staleness bound the measurement ends. Seconds. */
const MARGIN = 10;

/**
 * Deletes sessions that are in use, and sends a copy of their cookies to isolates of their region
 * until each of them has refused a request. All other users continue. Returns the times from the
 * deletion to the first refused request, in seconds, ascending.
 *
 * @throws when an isolate still accepts requests at the end
 */
export async function measureRevocations(
  world: World,
  users: readonly User[],
  { revocations, maxStaleSeconds, isolatesPerRegion, seed }: Parameters,
): Promise<number[]> {
  const random = createRandom(seed, 4);
  const began = world.seconds;
  const inUse = users.filter(({ lastPage }) => lastPage > began - Math.max(maxStaleSeconds, IN_USE));
  const isolates = Math.min(isolatesPerRegion, PROBED_ISOLATES);
  const delays: number[] = [];
  let open = 0;

  const probe = (user: User, header: string, route: number, at: number) =>
    world.at(began + at, () => {
      world.send({ region: user.region, route, header, caller: "backend" }, (result) => {
        if (result.state === "active") return probe(user, header, route, at + PROBE_EVERY);
        delays.push(at);
        open--;
      });
    });
  for (let n = 0; n < revocations && inUse.length > 0; n++) {
    const [user] = inUse.splice(Math.floor(random() * inUse.length), 1) as [User];
    user.isActive = false;
    world.database.deleteSession(user.token);
    const header = user.jar.header(world.clock.now());
    for (let isolate = 0; isolate < isolates; isolate++) {
      open++;
      probe(user, header, (isolate + 0.5) / isolatesPerRegion, random() * PROBE_EVERY);
    }
  }
  await world.runUntil(began + maxStaleSeconds + MARGIN);
  if (open > 0) throw new Error(`${open} isolates still accept a deleted session`);
  return delays.sort((one, other) => one - other);
}
