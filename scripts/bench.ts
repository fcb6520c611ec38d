import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { measureArtifacts } from "./bench/artifact";
import { type Built, buildContender, buildGate } from "./bench/build";
import { buildRows } from "./bench/build-rows";
import { makeCases, NAMES, SETTINGS } from "./bench/case";
import { listShares } from "./bench/composition";
import { requirePostgres, startDatabases } from "./bench/databases";
import { drawChart } from "./bench/draw-chart";
import { measureNextStart } from "./bench/next-start";
import { renderPage } from "./bench/render-page";
import { describeLookups, describeSessions, type Report, renderTable } from "./bench/report";
import { measureScale } from "./bench/scale";
import { computeRatios } from "./bench/statistics";
import { renderTargets } from "./bench/targets";
import { cookieHeader, prepareVisitors } from "./bench/visitors";
import { type AtEnd, main } from "./lib/main";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { ensureTools } from "./lib/tools";
import { fail } from "./lib/user-error";
import { ensureVenv } from "./stack/backend";
import { testEnv } from "./stack/test-stack";

/**
 * Measures the gate, a bare rewrite and the usual ways, prints a table, and writes
 * docs/performance.md and docs/performance.svg. `--json <file>` also writes the figures to that
 * file. It needs PostgreSQL, and for a few minutes 5 GB of disk in .data/bench.
 */

const ROUNDS = { requests: 120, starts: 60, http: 22, scale: 60 };
/** Sessions that one gate sees. */
const SESSIONS = 1_000_000;
/** Sessions in the databases of the lookups. */
const STORED = { few: 1_000, many: 10_000_000 };

main(async (atEnd) => {
  const json = readArguments();
  const binaries = requirePostgres();
  await step("Install the Vercel CLI", ensureTools);
  await step("Install FastAPI", () => ensureVenv());
  const report = await measure(binaries, atEnd);
  writeFileSync(path.join(root, "docs/performance.svg"), drawChart(report));
  writeFileSync(path.join(root, "docs/performance.md"), renderPage(report));
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  const texts = [
    renderTable(report),
    renderTargets(report),
    describeSessions(report),
    describeLookups(report),
  ];
  console.log(`\n${texts.join("\n\n")}`);
});

/**
 * The file of `--json`, if there is one.
 * @throws {UserError} on any other argument
 */
function readArguments(): string | undefined {
  try {
    return parseArgs({ options: { json: { type: "string" } } }).values.json;
  } catch {
    fail("npm run bench takes nothing but --json <file>, such as: npm run bench -- --json figures.json");
  }
}

async function measure(binaries: string, atEnd: AtEnd): Promise<Report> {
  const gate = await step("Build the gate", buildGate);
  const cases = makeCases({
    gate,
    bare: await step("Build the bare rewrite", () => buildContender("bare-rewrite")),
    least: await step("Build the least a gate can do", () => buildContender("least-gate")),
    bareLookup: await step("Build the bare lookup", () => buildContender("bare-lookup")),
    jose: await step("Build jose verify + sign", () => buildContender("jose-verify-sign")),
    betterAuth: await step("Build Better Auth getSession", () => buildContender("better-auth-get-session")),
  });
  const databases = await step("Start PGlite and PostgreSQL", () => startDatabases(binaries, atEnd));
  const cookiesOf = await step("Create sessions", () =>
    prepareVisitors(
      cases,
      databases,
      ({ warmUp, requests, httpRequests }) =>
        warmUp + requests * ROUNDS.requests + ROUNDS.starts + httpRequests * (ROUNDS.http + 1),
    ),
  );
  const artifact = await step("Measure in the edge runtime", () =>
    measureArtifacts(cases, databases, cookiesOf, { rounds: ROUNDS.requests, starts: ROUNDS.starts }),
  );
  const overHttp = cases.filter(({ httpRequests }) => httpRequests > 0);
  const http = await step("Measure in next start", () =>
    measureNextStart(overHttp, databases, cookiesOf, ROUNDS.http),
  );
  const held = await step(`Send ${SESSIONS.toLocaleString("en")} sessions to the gate`, sendManySessions);
  const scale = await step(`Look up ${STORED.many.toLocaleString("en")} sessions`, () =>
    measureScale(databases.PostgreSQL.url, { ...STORED, rounds: ROUNDS.scale }),
  );
  const composition = await step("Take the gate's script apart", () => compositionOf(gate));

  const timesOf = (wanted: string) =>
    artifact.perRequest[cases.findIndex(({ name }) => name === wanted)] ?? [];
  return {
    node: process.versions.node,
    cores: os.availableParallelism(),
    date: new Date().toISOString().slice(0, 10),
    rounds: ROUNDS,
    rows: buildRows(cases, artifact, overHttp, http),
    warmToLeast: computeRatios(timesOf(NAMES.warm), timesOf(NAMES.least)),
    lookupToBareFetch: computeRatios(timesOf(NAMES.cold), timesOf(NAMES.bareLookup)),
    sessions: { count: SESSIONS, held, warm: computeRatios(timesOf(NAMES.full), timesOf(NAMES.warm)) },
    scale,
    composition,
  };
}

/** The bytes that one gate holds after each tenth of the sessions. */
async function sendManySessions(): Promise<number[]> {
  const file = path.join(root, ".data/bench/many-sessions.json");
  const script = path.join(root, "scripts/bench/many-sessions.ts");
  const args = ["--import", "tsx", script, String(SESSIONS), file];
  await runProcess({ name: "bench-many-sessions", command: process.execPath, args });
  return JSON.parse(readFileSync(file, "utf8"));
}

async function compositionOf({ functionDir }: Built) {
  const cookie = await cookieHeader("known", { secure: true, cached: true });
  return listShares(functionDir, testEnv(SETTINGS), `${SETTINGS.BETTER_AUTH_URL}/backend/api/tasks`, cookie);
}
