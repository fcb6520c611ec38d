import { defineConfig } from "vitest/config";

/** One table, two runtimes: what the gate is made of runs in Node and in the edge runtime alike. */
const decisions = ["tests/edge/**/*.test.ts"];

/**
 * For the quick tests, of which some compute for seconds. Milliseconds. With Vitest's own 5 seconds they fail on a busy
 * machine, and a test that goes on after its time is up changes what the next one sees.
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
          // Each file starts servers of its own on ports of its own, and mostly waits for them.
          maxWorkers: 2,
          // After the quick ones.
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
