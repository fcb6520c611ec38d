import { BOUNDS, DEFAULT_BOUND, type Point, type PointOptions, simulatePoint, USERS } from "./scenarios";

/** All simulations of docs/production-scale.md. */
export interface Study {
  readonly date: string;
  /** Each number of users with each staleness bound. */
  readonly points: readonly Point[];
  /** The same deployment, with all of its users and with samples of them. */
  readonly samples: readonly Point[];
}

/**
 * A deployment for the comparison of samples: few enough users to simulate all of them, and so little
 * memory that isolates drop sessions. The smallest sample has as little memory in each isolate as the
 * sample of 10,000,000 users.
 */
export const SAMPLED = {
  users: 20_000,
  memoryCapacity: 200,
  simulatedUsers: [20_000, 2_000, 1_000],
} as const;

type Step = (title: string, run: () => Promise<Point>) => Promise<Point>;

/** Runs all simulations, each as a step. */
export async function runStudy(step: Step): Promise<Study> {
  const simulate = (options: PointOptions, title: string) => step(title, () => simulatePoint(options));
  const points: Point[] = [];
  for (const users of USERS) {
    for (const maxStaleSeconds of BOUNDS) {
      const title = `Simulate ${users.toLocaleString("en")} users with a bound of ${maxStaleSeconds} s`;
      points.push(await simulate({ users, maxStaleSeconds }, title));
    }
  }
  const samples: Point[] = [];
  for (const simulatedUsers of SAMPLED.simulatedUsers) {
    const { users, memoryCapacity } = SAMPLED;
    const options = { users, memoryCapacity, simulatedUsers, maxStaleSeconds: DEFAULT_BOUND };
    const title = `Simulate ${simulatedUsers.toLocaleString("en")} of ${users.toLocaleString("en")} users`;
    samples.push(await simulate(options, title));
  }
  return { date: new Date().toISOString().slice(0, 10), points, samples };
}
