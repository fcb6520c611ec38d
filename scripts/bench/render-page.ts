import { describeSessions, formatSpread, type Report, renderComposition, renderTable } from "./report";
import { renderTargets } from "./targets";

/** The whole text of docs/performance.md. */
export function renderPage(report: Report): string {
  const { rounds, rows } = report;
  const scriptOf = (wanted: string) =>
    formatSpread(rows.find(({ name }) => name === wanted)?.script?.value, 1);
  return `# Performance

\`npm run bench\` wrote this page. Its last run: ${report.date}, Node ${report.node}, ${report.cores} cores.

![Each contender relative to a bare rewrite](performance.svg)

${renderTargets(report)}

${renderTable(report)}

Medians of ${rounds.requests} rounds of requests, ${rounds.starts} of starts and ${rounds.http} over HTTP, with the minimum and the maximum in parentheses.

## How to read it

The chart shows medians relative to the bare rewrite, with a line from the minimum to the maximum. Bars that are too long
are cut. Ratios can be compared between machines, absolute figures cannot. In each round every contender runs once, in a
different order, and is compared with the bare rewrite of the same round, so that a busy machine affects both.
Every response is checked: it must be a rewrite to the right address, with a token of the visitor.

| contender | what it does with a call to \`/backend/*\` |
|---|---|
| bare rewrite | \`NextResponse.rewrite\`, and nothing else: no session is checked |
| gate, warm | the isolate knows the session |
| gate, warm, memory full | the isolate has seen more sessions than it keeps; thousands of those that it keeps continue to send requests |
| gate, cookie | a session new to the isolate, with Better Auth's cookie cache: no database |
| gate, cold | a session new to the isolate, without it: one lookup in the local database |
| jose verify + sign | written by hand: each request verifies a JWT in the cookie and signs another |
| Better Auth getSession | as documented: \`auth.api.getSession\` with a valid cookie cache, and a token is signed for each request |
| FastAPI directly | the reference backend's list of tasks without a gate, over HTTP |

**µs per request**: the \`middleware.func\` that \`vercel build\` builds, in \`@edge-runtime/vm\`. The time from a created request to its response,
one request at a time.

**start**: a fresh edge runtime, from compiling the script (not cached) to the first response. In a fresh isolate
"gate, warm" must check the cookie cache first, so it is the same as "gate, cookie". Compiling and running the script takes
${scriptOf("gate, cookie")} ms of the gate's start and ${scriptOf("bare rewrite")} ms of the bare rewrite's: V8 parses the whole script, whether it is evaluated or not.

**requests/s**: the same build in \`next start\`, 16 requests at a time over kept-alive connections, with a very cheap
backend in a separate process. Each server has handled 6,000 requests of a known visitor before, so that V8 has optimized
its code. The client runs on the same cores. **memory** is what the process of \`next start\` holds after that.

## Very many sessions

${describeSessions(report)}

The memory is that of the gate only, in a separate process, after a garbage collection.

## What is in the gate's script

${renderComposition(report)}

From the source map of the deployed script. Evaluated is what V8 has run after the first request of a visitor with a cookie
cache. [Decision 012](decisions/012-what-is-in-the-script.md) explains why each is there.
`;
}
