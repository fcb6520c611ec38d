import { rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProcess } from "../../../scripts/lib/process";
import { root } from "../../../scripts/lib/root";
import { isFull } from "../../fixtures/full";
import { copyProject } from "../../fixtures/project-copy";
import { addOwnApp, demoFiles, removeDemo } from "../adopt";

/**
 * The tests that a team keeps stay green when it puts its own app behind the gate, with data alone
 * and without the demo.
 */

const folder = path.join(root, ".data/adopter");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  copyProject(folder);
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  addOwnApp(folder);
  removeDemo(folder);
});

it("the guides name the demo's tests and those of this repository", () => {
  expect(demoFiles()).toEqual(expect.arrayContaining(["tests/repo", "tests/demo", "app/(signed-in)/tasks"]));
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
