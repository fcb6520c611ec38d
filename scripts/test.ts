import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ensureChromium } from "./lib/chromium";
import { main } from "./lib/main";
import { ensureNodeVersions, findNode, nodeVersions, VERCEL_NODE } from "./lib/node-versions";
import { type Command, runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { fail, messageOf } from "./lib/user-error";
import { ensureVenv } from "./stack/backend";
import { ensureVenvOf, findOtherPythons } from "./stack/other-pythons";
import { probePython } from "./stack/python";

/** Prepares the test tools, runs all tests and prints one total. */

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
    await pytest(python),
    ...(await pytestElsewhere(python)),
    await vitest(),
    await quickTestsUnderVercelNode(),
  ];

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

async function pytest(python: string, version = ""): Promise<Tally> {
  const report = path.join(reports, `pytest${version}.xml`);
  const args = ["-m", "pytest", "-q", `--junitxml=${report}`];
  return count(report, { name: "pytest", command: python, args, cwd: path.join(root, "backend") }, (xml) => {
    const read = (name: string) => Number(xml.match(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`))?.[1]);
    const failed = read("failures") + read("errors");
    return { passed: read("tests") - failed - read("skipped"), failed };
  });
}

/** Runs FastAPI's tests with every other supported Python on this machine. */
async function pytestElsewhere(own: string): Promise<Tally[]> {
  const tallies: Tally[] = [];
  for (const other of await findOtherPythons((await probePython(own))?.version ?? "")) {
    const python = await step(`Install the backend for Python ${other.version}`, () => ensureVenvOf(other));
    tallies.push(await pytest(python, other.version));
  }
  return tallies;
}

function vitest(): Promise<Tally> {
  return runVitest("Vitest", process.execPath, "vitest", []);
}

/**
 * Runs the quick tests with the Node version of deployments. The whole suite runs with the version
 * that runs this script.
 */
async function quickTestsUnderVercelNode(): Promise<Tally> {
  const node = findNode(VERCEL_NODE);
  if ("missing" in node || node.file === process.execPath) return { passed: 0, failed: 0 };
  const projects = ["--project", "node", "--project", "edge-runtime"];
  return runVitest(`Vitest under Node ${VERCEL_NODE}`, node.file, `vitest-node-${VERCEL_NODE}`, projects);
}

function runVitest(name: string, node: string, reportName: string, options: string[]): Promise<Tally> {
  const report = path.join(reports, `${reportName}.json`);
  const cli = path.join(root, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const command = { name, command: node, args: [cli, "run", ...reporters, ...options] };
  return count(report, command, (json) => {
    const { numPassedTests, numFailedTests } = JSON.parse(json);
    return { passed: numPassedTests, failed: numFailedTests };
  });
}

/** Runs a test runner with its output on the terminal, and reads its report. */
async function count(report: string, command: Command, read: (text: string) => Tally): Promise<Tally> {
  const failure = await runProcess({ ...command, logDir: null }).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
  if (!existsSync(report)) fail(`${command.name} wrote no report. ${failure ?? ""}`);
  const tally = read(readFileSync(report, "utf8"));
  if (failure) console.error(failure);
  // A test file that cannot be loaded makes the run fail, but is not counted as a failed test.
  return failure && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
