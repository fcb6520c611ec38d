import { defineConfig } from "vitest/config";

/** Tests of the gate's parts. They run in Node and in the edge runtime. */
const decisions = ["tests/edge/**/*.test.ts"];

/**
 * Milliseconds, for the quick tests. Some of them compute for seconds, so Vitest's default of 5
 * seconds fails on a busy machine. A test that continues after its timeout also changes the state
 * that the next test sees.
 */
const testTimeout = 30_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: [...decisions, "tests/unit/**/*.test.ts", "tests/contract/**/*.test.ts"],
          testTimeout,
        },
      },
      {
        test: {
          name: "edge-runtime",
          include: decisions,
          environment: "edge-runtime",
          setupFiles: ["tests/support/edge-runtime.ts"],
          testTimeout,
        },
      },
      {
        test: {
          name: "system",
          include: ["tests/{system,artifact,attack,e2e}/**/*.test.ts"],
          globalSetup: ["tests/support/build.ts"],
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
