import { compositionTable, type Report, sessionsStory, show, table } from "./report";
import { verdicts } from "./targets";

/** The whole text of docs/performance.md. */
export function page(report: Report): string {
  const { rounds, rows } = report;
  const scriptOf = (wanted: string) => show(rows.find(({ name }) => name === wanted)?.script?.value, 1);
  return `# Performance

\`npm run bench\` wrote this page. Its last run: ${report.date}, Node ${report.node}, ${report.cores} cores.

![Each contender against a bare rewrite](performance.svg)

${verdicts(report)}

${table(report)}

Medians of ${rounds.requests} rounds of requests, ${rounds.starts} of starts and ${rounds.http} over HTTP, with the least and the most in parentheses.

## How to read it

The chart shows medians against the bare rewrite, with a line from the least to the most; what is off the scale is cut.
Ratios travel from one machine to another, absolute figures do not. In each round every contender has its turn, in another
order each time, and is set against the bare rewrite of that very round, so that a busy machine is in both.
Every answer is checked: it has to be a rewrite to the right address, with a token in the visitor's name.

| contender | what it does with a call to \`/backend/*\` |
|---|---|
| bare rewrite | \`NextResponse.rewrite\`, and nothing else: nobody is asked who they are |
| gate, warm | the isolate knows the session |
| gate, warm, memory full | the isolate has seen more sessions than it keeps; thousands of those that it keeps go on asking, in turns |
| gate, cookie | a session new to the isolate, with Better Auth's cookie cache: no database |
| gate, cold | a session new to the isolate, without it: one look-up in the local database |
| jose verify + sign | by hand: a JWT in the cookie is checked, and another signed, with each request |
| Better Auth getSession | as documented: \`auth.api.getSession\` with a valid cookie cache, and a token signed for each request |
| FastAPI directly | the reference backend's list of tasks with no gate before it, over HTTP |

**µs a request**: the \`middleware.func\` that \`vercel build\` makes, in \`@edge-runtime/vm\`. The clock runs from a request that
is made to its answer, one at a time.

**start**: a fresh edge runtime, from compiling the script (nothing of it cached) to the first answer. In a fresh isolate
"gate, warm" has to check the cookie cache first, and so is "gate, cookie" once more. Compiling and running the script alone is
${scriptOf("gate, cookie")} ms of the gate's start and ${scriptOf("bare rewrite")} ms of the bare rewrite's: V8 reads through all of it, whether it is evaluated or not.

**requests/s**: the same build in \`next start\`, 16 requests at a time over connections that stay open, before a backend that
costs next to nothing in a process of its own. Each server has answered 6,000 of a known visitor's before, so that none is measured
while V8 still learns it. The client runs on the same cores. **memory** is what the process of \`next start\` holds after that.

## Very many sessions

${sessionsStory(report)}

The memory is that of the gate alone, in a process of its own, after a garbage collection.

## What is in the gate's script

${compositionTable(report)}

By the source map of what is deployed; what was evaluated is what V8 has run once the first request of a visitor with a cookie cache
is answered. [Decision 012](decisions/012-what-is-in-the-script.md) says why each is there.
`;
}
