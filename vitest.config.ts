import { defineConfig } from "vitest/config";

/** Tests of code that runs on the edge. They run in Node and in the edge runtime. */
const edgeTests = ["tests/quick/edge/**/*.test.ts", "tests/quick/lib/{cross-site,redirect-target}.test.ts"];

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
const resolve = { alias: { "server-only": "next/dist/compiled/server-only/empty.js" } };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "node",
          include: ["tests/{quick,repo,contract}/**/*.test.ts"],
          testTimeout,
        },
      },
      {
        test: {
          name: "edge-runtime",
          include: edgeTests,
          environment: "edge-runtime",
          setupFiles: ["tests/fixtures/edge-runtime.ts"],
          testTimeout,
        },
      },
      {
        resolve,
        test: {
          name: "system",
          include: ["tests/{system,artifact,attack,e2e}/**/*.test.ts"],
          globalSetup: ["tests/fixtures/build.ts"],
          // Each file starts its own servers on its own ports and spends most of its time waiting.
          maxWorkers: 2,
          // After the quick tests.
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
