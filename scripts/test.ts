import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ensureChromium } from "./lib/chromium";
import { isFull } from "./lib/full-tests";
import { main } from "./lib/main";
import { ensureNodeVersions, findNode, nodeVersions, VERCEL_NODE } from "./lib/node-versions";
import { type Command, runProcess } from "./lib/process";
import { shareTerminal, step } from "./lib/progress";
import { root } from "./lib/root";
import { ensureTools } from "./lib/tools";
import { fail, messageOf } from "./lib/user-error";
import { ensureVenv } from "./stack/backend";
import { ensureVenvOf, findOtherPythons, type Python } from "./stack/other-pythons";
import { probePython } from "./stack/python";

/**
 * Prepares the test tools, runs the tests and prints one total. With FULL_TESTS=1 it runs the tests
 * that only `npm run test:full` contains too (`tests/fixtures/full.ts`).
 */

interface Tally {
  passed: number;
  failed: number;
}

const bin = (name: string) => path.join(root, "node_modules/.bin", name);
const reports = path.join(root, ".data/reports");

main(async () => {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  await step("Find or install Chromium", ensureChromium);
  await step(`Find or install Node ${nodeVersions.join(", ")}`, ensureNodeVersions);
  // Here, because several test files need them, and would install them at the same time.
  await step("Find or install the build tools", ensureTools);
  const python = await ensureVenv({ dev: true });
  const inBackend = { cwd: path.join(root, "backend") };

  const tallies = [
    await check("Format and lint (Biome)", bin("biome"), ["check", "--error-on-warnings"]),
    await check("Types (tsc)", bin("tsc"), ["--noEmit"]),
    await check("Lint (Ruff)", python, ["-m", "ruff", "check", "."], inBackend),
    await check("Format (Ruff)", python, ["-m", "ruff", "format", "--check", "."], inBackend),
    await check("API types are those of FastAPI", process.execPath, [
      ...["--import", "tsx", "scripts/api-types.ts", "--check"],
    ]),
  ];
  const pythons = await findPythons(python);
  tallies.push(await quickTests(process.execPath));
  // The system tests spend much of their time waiting. The other tests run meanwhile, and write
  // their output to .data/reports.
  shareTerminal();
  tallies.push(...(await Promise.all([systemTests(), quickTestsUnderVercelNode(), pytest(pythons)])).flat());

  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failed = tallies.reduce((sum, tally) => sum + tally.failed, 0);
  const count = `\n${passed} passed, ${failed} failed`;
  const untested = nodeVersions.map(findNode).flatMap((node) => ("missing" in node ? [node.missing] : []));
  if (untested.length > 0) console.log(`\nNot tested here: ${untested.join("; ")}.`);
  if (failed > 0) fail(count);
  console.log(count);
});

/** Runs a tool that passes or fails. It counts as one test. */
async function check(
  title: string,
  command: string,
  args: string[],
  more: Partial<Command> = {},
): Promise<Tally> {
  const name = title.toLowerCase().replace(/[^a-z]+/g, "-");
  try {
    await step(title, () => runProcess({ name, command, args, logDir: reports, ...more }));
    return { passed: 1, failed: 0 };
  } catch (error) {
    console.error(messageOf(error));
    return { passed: 0, failed: 1 };
  }
}

/** The backend's Python. In the full run also one for every other supported version on this machine. */
async function findPythons(own: string): Promise<Python[]> {
  const { version = "" } = (await probePython(own)) ?? {};
  const pythons = [{ command: own, version }];
  if (!isFull) return pythons;
  for (const other of await findOtherPythons(version)) {
    const title = `Find or install the backend for Python ${other.version}`;
    pythons.push({ command: await step(title, () => ensureVenvOf(other)), version: other.version });
  }
  return pythons;
}

/**
 * Runs FastAPI's tests with these Pythons at the same time. Each of them uses one processor core.
 */
function pytest(pythons: readonly Python[]): Promise<Tally[]> {
  const title = `FastAPI's tests under Python ${pythons.map(({ version }) => version).join(", ")}`;
  return step(title, () => Promise.all(pythons.map(pytestUnder)));
}

function pytestUnder({ command, version }: Python): Promise<Tally> {
  const name = `pytest-${version}`;
  const report = path.join(reports, `${name}.xml`);
  const args = ["-m", "pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${report}`];
  const run = { name, command, args, cwd: path.join(root, "backend"), logDir: reports };
  return count(report, run, (xml) => {
    const read = (name: string) => Number(xml.match(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`))?.[1]);
    const failed = read("failures") + read("errors");
    return { passed: read("tests") - failed - read("skipped"), failed };
  });
}

function quickTests(node: string, logDir: string | null = null): Promise<Tally> {
  return vitest(node, "quick", ["node", "edge-runtime"], logDir);
}

function systemTests(): Promise<Tally> {
  return vitest(process.execPath, "system", ["system", "alone"], null);
}

/**
 * Runs the quick tests with the Node version of deployments, in the full run. The whole suite runs
 * with the version that runs this script.
 */
async function quickTestsUnderVercelNode(): Promise<Tally> {
  const node = findNode(VERCEL_NODE);
  if (!isFull || "missing" in node || node.file === process.execPath) return { passed: 0, failed: 0 };
  return step(`Quick tests under Node ${VERCEL_NODE}`, () => quickTests(node.file, reports));
}

/** Runs projects of vitest.config.ts. With `logDir` the output goes to a file there. */
function vitest(
  node: string,
  kind: string,
  projects: readonly string[],
  logDir: string | null,
): Promise<Tally> {
  const name = logDir === null ? `vitest-${kind}` : `vitest-${kind}-other-node`;
  const report = path.join(reports, `${name}.json`);
  const cli = path.join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const args = [cli, "run", ...reporters, ...projects.map((project) => `--project=${project}`)];
  return count(report, { name, command: node, args, logDir }, (json) => {
    const { numPassedTests, numFailedTests, testResults }: VitestReport = JSON.parse(json);
    return { passed: numPassedTests, failed: numFailedTests + testResults.filter(isBroken).length };
  });
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  /** One entry for each file. */
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

/** Whether a file failed outside of its tests: it cannot be loaded, or a hook of it failed. */
function isBroken({ status, assertionResults }: VitestReport["testResults"][number]): boolean {
  return status === "failed" && assertionResults.every((test) => test.status !== "failed");
}

/** Runs a test runner and reads its report. */
async function count(report: string, command: Command, read: (text: string) => Tally): Promise<Tally> {
  const failure = await runProcess(command).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
  if (!existsSync(report)) fail(`${command.name} wrote no report. ${failure ?? ""}`);
  const tally = read(readFileSync(report, "utf8"));
  if (failure) console.error(failure);
  // An error outside of all tests and files makes the run fail, but is not counted.
  return failure && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
