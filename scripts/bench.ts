import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { measureArtifacts } from "../bench/artifact";
import { type Built, buildContender, buildGate } from "../bench/build";
import { makeCases } from "../bench/case";
import { chart } from "../bench/chart";
import { measureNextStart } from "../bench/next-start";
import { page } from "../bench/page";
import { type Measured, type Report, type Row, table, verdicts } from "../bench/report";
import { ratios, spread } from "../bench/statistics";
import { prepareVisitors } from "../bench/visitors";
import { startDatabase } from "../tests/support/stack";
import { ensureVenv } from "./lib/backend";
import { main } from "./lib/main";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { ensureTools } from "./lib/tools";

/**
 * Measures the gate beside a bare rewrite and the usual ways, prints a table, and writes docs/performance.md.
 * `--json` prints the figures as JSON after it.
 */

const ROUNDS = { requests: 24, starts: 16, http: 10 };

main(async (atEnd) => {
  await step("Install the Vercel CLI", ensureTools);
  await step("Install FastAPI", () => ensureVenv());
  const cases = makeCases({
    gate: await step("Build the gate", buildGate),
    bare: await step("Build the bare rewrite", () => buildContender("bare-rewrite")),
    jose: await step("Build jose verify + sign", () => buildContender("jose-verify-sign")),
    betterAuth: await step("Build Better Auth getSession", () => buildContender("better-auth-get-session")),
  });
  const database = await step("Start Postgres", startDatabase);
  atEnd(database.stop);
  const cookiesOf = await step("Make sessions", () =>
    prepareVisitors(
      cases,
      database,
      ({ requests, httpRequests }) =>
        requests * (ROUNDS.requests + 1) + ROUNDS.starts + httpRequests * (ROUNDS.http + 1),
    ),
  );
  const rounds = { ...ROUNDS, progress };
  const artifact = await measureArtifacts(cases, database, cookiesOf, { ...rounds, rounds: ROUNDS.requests });
  const http = await measureNextStart(cases, database, cookiesOf, { rounds: ROUNDS.http, progress });
  progress("");

  const rows = cases.map(
    ({ name, built }, i): Row => ({
      name,
      request: against(artifact.perRequest, i),
      start: against(artifact.perStart, i),
      http: against(http.perSecond, i),
      memory: http.memory[i],
      size: sizeOf(built),
    }),
  );
  rows.push({ name: "FastAPI directly", http: against(http.perSecond, cases.length) });
  const report: Report = {
    node: process.versions.node,
    cores: os.availableParallelism(),
    date: new Date().toISOString().slice(0, 10),
    rounds: ROUNDS,
    rows,
  };
  writeFileSync(path.join(root, "docs/performance.svg"), chart(report));
  writeFileSync(path.join(root, "docs/performance.md"), page(report));
  console.log(`\n${table(report)}\n\n${verdicts(report)}\n`);
  if (process.argv.includes("--json")) console.log(JSON.stringify(report, null, 2));
});

function against(rounds: readonly (readonly number[])[], i: number): Measured {
  const [floor = [], own = []] = [rounds[0], rounds[i]];
  return { value: spread(own), ratio: ratios(own, floor) };
}

function sizeOf({ functionDir }: Built) {
  const script = readFileSync(path.join(functionDir, "index.js"));
  return { raw: script.length, gzip: gzipSync(script).length };
}

let last = "";
/** One line that is written over on a terminal; elsewhere a line for each part. */
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${text}`);
  else if (text.split(",")[0] !== last && text) console.log(`• ${text.split(",")[0]}`);
  last = text.split(",")[0] ?? "";
}
