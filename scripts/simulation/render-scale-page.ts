import { alignTable } from "../bench/report";
import type { DatabaseFigures } from "./database-figures";
import { explainFormula, explainModel } from "./explain-model";
import { BOUNDS, DEFAULT_BOUND, SAMPLE, USERS } from "./scenarios";
import { SAMPLED, type Study } from "./study";

/** The number of users whose deployment is the reference of the loads. */
const REFERENCE = 10_000;
/** The number of users in the table of revocation delays. */
const REVOKED = 100_000;

/** The whole text of docs/production-scale.md. */
export function renderScalePage(study: Study, figures: DatabaseFigures): string {
  return `# Scale, simulated

How many session lookups reach the database, from 1,000 to 10,000,000 users. The gate's own session
reader and store run in simulated time: nothing here depends on the speed of a machine.
\`npm run simulate\` writes this page. Last run: ${study.date}.

![Session lookups per second over the number of users](production-scale.svg)

The lines are values of \`SESSION_MAX_STALE_SECONDS\`, the longest time for which a deleted session is
still accepted. The default is ${DEFAULT_BOUND}. The dashed lines are [measured](performance.md#lookups): one
\`next start\` with PostgreSQL on a machine with 2 cores makes ${whole(figures.perInstance)} lookups per second, and one
connection of PostgreSQL runs ${whole(figures.perConnection)} of the gate's statements per second. 16 connections are
calculated, for a database with 16 cores.

## Lookups per second

Simulated, with the result of the formula below in parentheses:

${renderLookups(study)}

The lookups grow with the users, and hardly depend on anything else. A longer bound reduces them by
less than its own factor: each visit needs one lookup at least.

## Where the sessions come from

With a bound of ${DEFAULT_BOUND} seconds:

${renderShares(study)}

With more isolates each of them knows fewer of the sessions, so memory has fewer hits. The cookie
cache has them instead, and the database does not notice: only a call after the cookie cache has
expired depends on the number of isolates.

## How long a deleted session is accepted

${REVOKED.toLocaleString("en")} users. The time from the deletion of the row to the first refused request, for sessions that are
in use, in each isolate that receives copies of the session's requests twice a second:

${renderDelays(study)}

No isolate accepts a session for longer than the bound. A delay can exceed it by the half second
between two requests.

## Ten, a hundred, a thousand times the load

${renderLoads(study, figures)}

Every row has a bound of ${DEFAULT_BOUND} seconds. A busy connection is one that runs one statement after the other
at the measured speed; a database needs about one core for each.

${explainModel()}

### Samples

Of more than ${SAMPLE.toLocaleString("en")} users, a sample is simulated, with all isolates, and in each isolate the same share
of the memory: of 10,000,000 users ${SAMPLE.toLocaleString("en")}, and memory for 10 sessions instead of 5,000. Sessions affect each
other only through the space in memory, so a sample has the hit rates of the whole. The same
deployment of ${SAMPLED.users.toLocaleString("en")} users, in which memory is for ${SAMPLED.memoryCapacity} sessions, so that trusted sessions are dropped:

${renderSamples(study)}

### A real run

\`tests/system/simulation\` starts three instances of the built app with one database, and sends them
the requests of a simulation in real time: the same users, pages and calls, each to the same
instance. Lookups per second and the three hit rates must be those of the simulation within 10 %.
\`npm run test:full\` includes it.

${explainFormula()}
`;
}

/** The lookups per second of each number of users and each bound. */
export function renderLookups({ points }: Study): string {
  const head = ["users", "requests/s", ...BOUNDS.map((bound) => (bound === 0 ? "bound 0" : `${bound} s`))];
  const lines = USERS.map((users) => {
    const row = points.filter((point) => point.users === users);
    return [
      users.toLocaleString("en"),
      short(row[0]?.requestsPerSecond ?? 0),
      ...row.map(
        ({ lookupsPerSecond, expectedLookupsPerSecond }) =>
          `${short(lookupsPerSecond)} (${short(expectedLookupsPerSecond)})`,
      ),
    ];
  });
  return alignTable([head, ...lines]);
}

function renderShares({ points }: Study): string {
  const lines = points
    .filter(({ maxStaleSeconds }) => maxStaleSeconds === DEFAULT_BOUND)
    .map(({ users, isolates, shares }) => [
      users.toLocaleString("en"),
      String(isolates),
      percent(shares.memory),
      percent(shares.cookie),
      percent(shares.store),
    ]);
  return alignTable([["users", "isolates", "memory", "cookie cache", "store"], ...lines]);
}

function renderDelays({ points }: Study): string {
  const lines = points
    .filter(({ users }) => users === REVOKED)
    .map(({ maxStaleSeconds, revocationDelay: { p50, p99, max } }) => [
      String(maxStaleSeconds),
      ...[p50, p99, max].map((delay) => delay.toFixed(1)),
    ]);
  return alignTable([["bound, s", "median, s", "99 %, s", "longest, s"], ...lines]);
}

function renderLoads({ points }: Study, { perConnection }: DatabaseFigures): string {
  const lines = points
    .filter(({ users, maxStaleSeconds }) => users >= REFERENCE && maxStaleSeconds === DEFAULT_BOUND)
    .map(({ users, requestsPerSecond, isolates, lookupsPerSecond }) => [
      users === REFERENCE ? "reference" : `× ${(users / REFERENCE).toLocaleString("en")}`,
      users.toLocaleString("en"),
      short(requestsPerSecond),
      String(isolates),
      short(lookupsPerSecond),
      (lookupsPerSecond / perConnection).toLocaleString("en", { maximumSignificantDigits: 2 }),
    ]);
  const head = ["load", "users", "requests/s", "isolates", "lookups/s", "busy connections"];
  return alignTable([head, ...lines]);
}

function renderSamples({ samples }: Study): string {
  const lines = samples.map(({ simulatedUsers, shares, lookupsPerSecond }) => [
    simulatedUsers.toLocaleString("en"),
    String((SAMPLED.memoryCapacity * simulatedUsers) / SAMPLED.users),
    percent(shares.memory),
    percent(shares.cookie),
    percent(shares.store),
    short(lookupsPerSecond),
  ]);
  const head = ["simulated users", "sessions in memory", "memory", "cookie cache", "store", "lookups/s"];
  return alignTable([head, ...lines]);
}

/** With three significant digits. */
function short(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function whole(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 0 });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
