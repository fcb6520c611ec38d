import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { measureArtifacts } from "./bench/artifact";
import { type Built, buildContender, buildGate } from "./bench/build";
import { type Case, makeCases, SETTINGS } from "./bench/case";
import { listShares } from "./bench/composition";
import { drawChart } from "./bench/draw-chart";
import { measureNextStart } from "./bench/next-start";
import { renderPage } from "./bench/render-page";
import { describeSessions, type Measured, type Report, type Row, renderTable } from "./bench/report";
import { computeRatios, computeSpread } from "./bench/statistics";
import { renderTargets } from "./bench/targets";
import { cookieHeader, prepareVisitors } from "./bench/visitors";
import { main } from "./lib/main";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { ensureTools } from "./lib/tools";
import { fail } from "./lib/user-error";
import { ensureVenv } from "./stack/backend";
import { startDatabase, testEnv } from "./stack/test-stack";

/**
 * Measures the gate, a bare rewrite and the usual ways, prints a table, and writes
 * docs/performance.md and docs/performance.svg. `--json <file>` also writes the figures to that
 * file.
 */

const ROUNDS = { requests: 120, starts: 24, http: 12 };
const SESSIONS = 1_000_000;

main(async (atEnd) => {
  const json = readArguments();
  await step("Install the Vercel CLI", ensureTools);
  await step("Install FastAPI", () => ensureVenv());
  const gate = await step("Build the gate", buildGate);
  const cases = makeCases({
    gate,
    bare: await step("Build the bare rewrite", () => buildContender("bare-rewrite")),
    jose: await step("Build jose verify + sign", () => buildContender("jose-verify-sign")),
    betterAuth: await step("Build Better Auth getSession", () => buildContender("better-auth-get-session")),
  });
  const database = await step("Start Postgres", startDatabase);
  atEnd(database.stop);
  const cookiesOf = await step("Create the sessions", () =>
    prepareVisitors(
      cases,
      database,
      ({ warmUp, requests, httpRequests }) =>
        warmUp + requests * ROUNDS.requests + ROUNDS.starts + httpRequests * (ROUNDS.http + 1),
    ),
  );
  const artifact = await step("Measure each contender in the edge runtime", () =>
    measureArtifacts(cases, database, cookiesOf, { rounds: ROUNDS.requests, starts: ROUNDS.starts }),
  );
  const overHttp = cases.filter(({ httpRequests }) => httpRequests > 0);
  const http = await step("Measure each contender in next start", () =>
    measureNextStart(overHttp, database, cookiesOf, ROUNDS.http),
  );
  const held = await step(
    `Send the gate requests of ${SESSIONS.toLocaleString("en")} sessions`,
    measureManySessions,
  );

  const rows = cases.map((it, i): Row => {
    const place = overHttp.indexOf(it);
    return {
      name: it.name,
      request: compare(artifact.perRequest, i),
      ...(it.visitor !== "one of many" && {
        start: compare(artifact.perStart, i),
        script: compare(artifact.perScript, i),
      }),
      ...(place >= 0 && { http: compare(http.perSecond, place), memory: http.memory[place] }),
      size: sizeOf(it.built),
    };
  });
  rows.push({ name: "FastAPI directly", http: { value: computeSpread(http.perSecond.at(-1) ?? []) } });
  const roundsOf = (visitor: Case["visitor"]) =>
    artifact.perRequest[cases.findIndex((it) => it.visitor === visitor && it.built === gate)] ?? [];
  const report: Report = {
    node: process.versions.node,
    cores: os.availableParallelism(),
    date: new Date().toISOString().slice(0, 10),
    rounds: ROUNDS,
    rows,
    sessions: { count: SESSIONS, held, warm: computeRatios(roundsOf("one of many"), roundsOf("known")) },
    composition: await step("List the packages in the gate's script", async () =>
      listShares(
        gate.functionDir,
        testEnv(SETTINGS),
        `${SETTINGS.BETTER_AUTH_URL}/backend/api/tasks`,
        await cookieHeader("known", { secure: true, cached: true }),
      ),
    ),
  };
  writeFileSync(path.join(root, "docs/performance.svg"), drawChart(report));
  writeFileSync(path.join(root, "docs/performance.md"), renderPage(report));
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${renderTable(report)}\n\n${renderTargets(report)}\n\n${describeSessions(report)}`);
});

/**
 * The file of `--json`, if there is one.
 * @throws {UserError} on any other argument
 */
function readArguments(): string | undefined {
  try {
    return parseArgs({ options: { json: { type: "string" } } }).values.json;
  } catch {
    fail("The only option of npm run bench is --json <file>, such as: npm run bench -- --json figures.json");
  }
}

/** The bytes that one gate holds after each tenth of the sessions. */
async function measureManySessions(): Promise<number[]> {
  const file = path.join(root, ".data/bench/many-sessions.json");
  const script = path.join(root, "scripts/bench/many-sessions.ts");
  const args = ["--import", "tsx", script, String(SESSIONS), file];
  await runProcess({ name: "bench-many-sessions", command: process.execPath, args });
  return JSON.parse(readFileSync(file, "utf8"));
}

function compare(rounds: readonly (readonly number[])[], i: number): Measured {
  const [floor = [], own = []] = [rounds[0], rounds[i]];
  return { value: computeSpread(own), ratio: computeRatios(own, floor) };
}

function sizeOf({ functionDir }: Built) {
  const script = readFileSync(path.join(functionDir, "index.js"));
  return { raw: script.length, gzip: gzipSync(script).length };
}
