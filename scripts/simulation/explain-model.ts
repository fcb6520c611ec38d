import { CAPACITY } from "../../edge/session/reader";
import { requestsPerSecond } from "./page-views";
import { PROBE_EVERY } from "./revocations";
import { ISOLATE_LIFETIME, ISOLATE_REQUESTS, REVOCATIONS, ROUND_TRIPS, TRAFFIC } from "./scenarios";

/** The parameters, and what is real and what is simulated. */
export function explainModel(): string {
  const { idleSeconds, pagesPerVisit, viewSeconds, pageSeconds, callsAtOnce, callsLater } = TRAFFIC;
  return `## The model

| parameter | value |
|---|---|
| requests of a user | ${(requestsPerSecond(TRAFFIC) * 3600).toFixed(0)} per hour |
| between two visits | ${idleSeconds.toLocaleString("en")} s, exponential: one visit per hour |
| pages of a visit | ${pagesPerVisit}, geometric |
| a page is open | ${viewSeconds} s, exponential |
| time of a page after the gate | ${pageSeconds} s |
| backend calls of a page | ${callsAtOnce} when it has loaded, ${callsLater} at random times while it is open |
| regions | ${ROUND_TRIPS.length}; round trip to the database ${ROUND_TRIPS.join(", ")} ms |
| isolates | as many as are needed for ${ISOLATE_REQUESTS} requests per second each, at least 2 in each region |
| life of an isolate | ${ISOLATE_LIFETIME} s, exponential; a fresh one replaces it |
| route of a request | any isolate of the user's region, with the same probability |
| sessions in memory | ${CAPACITY.toLocaleString("en")} to ${(2 * CAPACITY).toLocaleString("en")} in each isolate |

Every user has one session and one browser. It keeps the cookies that pages set, until their
\`Max-Age\` is over. Only a page's response can set the cookie cache.

The code of the gate runs as it is: \`edge/session/reader.ts\` with its memory and single flight, the
cookie cache, \`edge/session/store.ts\`, the cookies that it signs, and the staleness bounds of
\`lib/routes.ts\`. The clock, the timers and the network are simulated. Behind the network, a table in
memory has the results of the gate's statement. The clock jumps from one event to the next one, and
stands still until all promises that can settle have settled
([decision 031](decisions/031-simulated-time.md)). All randomness has a seed, so each run has the
same result.

For the revocation delays, ${REVOCATIONS} sessions that are in use are deleted at the end, and up to 10 isolates of
each user's region receive a request with a copy of the cookies every ${PROBE_EVERY} seconds.

Sign-ins, Better Auth's own endpoints and the pages' other queries are not in these figures. A
program with a key has no cookie cache: it causes one lookup per staleness bound in each isolate that
it reaches.`;
}

/** The formula of `expected-lookups.ts`. */
export function explainFormula(): string {
  return `## The formula

| symbol | |
|---|---|
| U | users |
| I, n, τ | mean seconds between two visits, mean pages of a visit, mean seconds that a page is open |
| c | backend calls at random times while a page is open |
| K | isolates of a region |
| B | \`SESSION_MAX_STALE_SECONDS\`, at least 1 |
| b | B − ½: the time of a cookie cache counts from the whole second before |

A lookup of a page is trusted for b seconds. The next lookup of a page is that of the first page
after it. At the end of the b seconds, the user has a page open with the probability

> p = s + (1 − s) · e^(−b · (1/I + 1/(nτ))), with s = nτ / (I + nτ)

In that case the next page comes after τ + I/n seconds on average, otherwise after I seconds. Between
two lookups by pages there are

> T = b + p · (τ + I/n) + (1 − p) · I

seconds. A call between the end of the b seconds and the next page needs a lookup in each isolate
that it reaches first. Of the time that the page is open, a share of X is after the end, where
X = R / (A + R), A is exponential with the mean τ but at most b, and R is exponential with the mean
τ. So the calls of that page cause

> g = E[K · (1 − (1 − X/K)^c)]

lookups, and the database has

> U · (1 + p · g) / T

lookups per second. With B = 0 it has one for each request. The formula assumes that an isolate still
trusts the lookup of a call when the next one comes. With a bound that is shorter than a page is open, it
is a few percent too low.
`;
}
