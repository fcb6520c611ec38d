import { defineConfig } from "vitest/config";
import { isFull } from "./scripts/lib/full-tests.ts";
import { LongestFirst } from "./tests/fixtures/longest-first.ts";

/** Tests of code that runs on the edge. They run in Node and in the edge runtime. */
const edgeTests = ["tests/quick/edge/**/*.test.ts", "tests/quick/lib/{cross-site,redirect-target}.test.ts"];

/** Files that only `npm run test:full` runs: other builds, and long measurements. */
const fullTests = [
  "tests/artifact/type-errors.test.ts",
  "tests/artifact/vercel-backend.test.ts",
  "tests/repo/system/{adopter,base-path,second-backend}.test.ts",
  "tests/system/{organizations,static-pages,traces}.test.ts",
];
/**
 * Also files that only `npm run test:full` runs. They measure, or run a whole `npm test`, so each of
 * them runs alone, after all others.
 */
const aloneTests = [
  "tests/e2e/lighthouse.test.ts",
  "tests/repo/system/adopted-app.test.ts",
  "tests/system/{simulation,soak}.test.ts",
];

/**
 * Milliseconds, for the quick tests. Some of them compute for seconds, so Vitest's default of 5
 * seconds fails on a busy machine. A test that continues after its timeout also changes the state
 * that the next test sees.
 */
const testTimeout = 30_000;

/**
 * `import "server-only"` marks code of the Node server. Next provides the module. The tests use the
 * file that Next uses for server code, which is empty.
 */
const resolve = {
  alias: { "server-only": "next/dist/compiled/server-only/empty.js", "@": import.meta.dirname },
};

/** By default Vitest leaves one processor core unused. */
const maxWorkers = "100%";

/** Tests with a build, servers and browsers. */
const withServers = {
  globalSetup: ["tests/fixtures/build.ts"],
  // Limits for a busy machine. A test that passes never waits for them.
  testTimeout: 120_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 30_000 } },
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          name: "node",
          include: ["tests/{quick,contract,demo/quick}/**/*.test.ts", "tests/repo/*.test.ts"],
          maxWorkers,
          testTimeout,
        },
      },
      {
        resolve,
        test: {
          name: "edge-runtime",
          include: edgeTests,
          environment: "edge-runtime",
          setupFiles: ["tests/fixtures/edge-runtime.ts"],
          maxWorkers,
          testTimeout,
        },
      },
      {
        resolve,
        test: {
          name: "system",
          include: ["tests/{system,artifact,attack,e2e,demo/system,demo/e2e,repo/system}/**/*.test.ts"],
          exclude: isFull ? aloneTests : [...fullTests, ...aloneTests],
          // Each file starts its own servers on its own ports and spends much of its time waiting.
          maxWorkers: 3,
          // After the quick tests.
          sequence: { groupOrder: 1 },
          ...withServers,
        },
      },
      {
        resolve,
        test: {
          name: "alone",
          include: isFull ? aloneTests : [],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          ...withServers,
        },
      },
    ],
  },
});
