import { ENOUGH_FOR_P99, HTTP, NAMES } from "./case";
import {
  describeLookups,
  describeSessions,
  formatSpread,
  type Report,
  renderComposition,
  renderTable,
} from "./report";
import { renderTargets } from "./targets";

/** The whole text of docs/performance.md. */
export function renderPage(report: Report): string {
  return `# Performance

\`npm run bench\` writes this page. Last run: ${report.date}, Node ${report.node}, ${report.cores} cores.

![Each contender relative to a bare rewrite](performance.svg)

${renderTargets(report)}

${renderTable(report)}

${explanation(report)}

## Very many sessions

${describeSessions(report)} The memory is that of the gate alone, in a process of its own, after a garbage
collection.

## Lookups

${describeLookups(report)}
The statement runs in two databases of one server, in turns, on one connection each, for sessions chosen at
random. PostgreSQL parses and plans it each time, as Neon does. Its plan among ${report.scale.many.toLocaleString("en")} sessions uses the
unique index on \`token\`:

\`\`\`
${report.scale.plan.join("\n")}
\`\`\`

## What is in the gate's script

${renderComposition(report)}

The sizes come from the source map of what is deployed. "Evaluated" is what V8 has run when the first
request of a visitor with a cookie cache has its response.
[Decision 012](decisions/012-what-is-in-the-script.md) explains why each package is in the script.
`;
}

/** What is measured, and how. */
function explanation({ rounds, rows }: Report): string {
  const scriptOf = (wanted: string) =>
    formatSpread(rows.find(({ name }) => name === wanted)?.script?.value, 1);
  return `Medians of ${rounds.requests} rounds in the edge runtime, ${rounds.starts} rounds of starts and ${rounds.http} rounds over HTTP. The minimum and
the maximum are in parentheses.

## How to read it

A ratio is the median of the ratios of all rounds. In each round every contender is measured once, and is
compared with the reference in the same round: whatever slows the machine down affects both. The order
is balanced: each contender has each place equally often, and follows each other one equally often. Ratios
are similar on other machines, absolute figures are not. The bars of the chart are medians, the lines go from the
minimum to the maximum, and what exceeds the scale is cut off.

Every response is checked: it must be a rewrite to the right address and, where the contender sends a token, with
a token of the right user.

| contender | what it does with a request to \`/backend/*\` |
|---|---|
| ${NAMES.bare} | only \`NextResponse.rewrite\`: no session is checked |
| ${NAMES.least} | copies the request's headers, sets an \`Authorization\` that is always the same, rewrites |
| ${NAMES.warm} | the isolate has the session in memory |
| ${NAMES.full} | the isolate has seen more sessions than it keeps, and the requests come from thousands of those that it keeps |
| ${NAMES.cookie} | a session that the isolate does not know, with Better Auth's cookie cache: no database |
| ${NAMES.cold} | a session that the isolate does not know, without it: one lookup in PGlite |
| ${NAMES.coldPostgres} | the same with one lookup in a real PostgreSQL |
| ${NAMES.bareLookup} | sends the gate's lookup request to PGlite by \`fetch\`, verifies nothing, rewrites |
| ${NAMES.jose} | by hand: verifies a JWT in the cookie and signs another one, for each request |
| ${NAMES.betterAuth} | as documented: \`auth.api.getSession\` with a valid cookie cache, and a token signed for each request |
| FastAPI directly | the reference backend's list of tasks without a gate, over HTTP |

**µs per request**: the \`middleware.func\` that \`vercel build\` creates, in \`@edge-runtime/vm\`, one request at a time:
the time from the request to the response.

**start**: a new edge runtime: the time from compiling the script, without a cache, to the first response. Garbage
of earlier starts is collected before the time begins. A new isolate knows no session, so "${NAMES.warm}" and "${NAMES.cookie}" do the same here. Compiling and running the script
takes ${scriptOf(NAMES.cookie)} ms of the gate's start and ${scriptOf(NAMES.bare)} ms of the bare rewrite's.

**requests/s** and **p99**: the same build in \`next start\`, ${HTTP.concurrency} requests at a time over kept-alive connections, in front of
a minimal backend in a process of its own. Each server has responded to ${HTTP.warmUp.toLocaleString("en")} requests before the first round,
so that V8 has optimised its code. **p99** is the latency that 99 of 100 requests of a round do not exceed, where a round
has ${ENOUGH_FOR_P99.toLocaleString("en")} requests. The client runs on the same cores. **memory** is the resident memory of the
\`next start\` process at the end.`;
}
