import { rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isFull } from "../../../scripts/lib/full-tests";
import { runProcess } from "../../../scripts/lib/process";
import { root } from "../../../scripts/lib/root";
import { adopt, removals } from "../adopt";

/**
 * The quick tests that a team keeps stay green when it puts its own app behind the gate, with data
 * alone and without the demo. `adopted-app.test.ts` runs all of its tests.
 */

const folder = path.join(root, ".data/adopter");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  await adopt(folder);
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
});

it("the guides remove the demo, its tests, and those of this repository", () => {
  expect(removals().join()).toMatch(/'app\/\(signed-in\)\/tasks' .* tests\/demo\n,git rm -rq tests\/repo\n/);
});

it("the quick tests pass", async () => {
  // `npm test` leaves the edge runtime out.
  const projects = isFull ? ["node", "edge-runtime"] : ["node"];
  await runProcess({
    name: "adopter-tests",
    command: process.execPath,
    args: [
      ...[path.join(root, "node_modules/vitest/vitest.mjs"), "run"],
      ...projects.map((project) => `--project=${project}`),
    ],
    ...{ cwd: folder, env: process.env, logDir: folder },
  });
}, 600_000);
