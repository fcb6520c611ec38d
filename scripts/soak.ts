import { computeGrowth, findProblems, MAX_GROWTH, runSoak, type Thirds } from "./bench/soak";
import { main } from "./lib/main";
import { fail } from "./lib/user-error";

/**
 * Runs ten minutes of mixed traffic, or `--minutes N`. Exits with 1 if a response is wrong or
 * memory use grows.
 */

main(async () => {
  const result = await runSoak(readMinutes(), (line) => console.log(line));
  const { held, resident } = result.memory;
  const rows = [
    ...Object.entries(result.counts).map(([name, count]) => [name, String(count)]),
    ["memory held", describe(held, MAX_GROWTH.held)],
    ["memory resident", describe(resident, MAX_GROWTH.resident)],
    ["unexpected responses", String(result.unexpected.length)],
  ];
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  console.log(`\n${rows.map(([name = "", value]) => `${name.padEnd(width)}  ${value}`).join("\n")}`);
  const problems = findProblems(result);
  if (problems.length > 0) fail(`\n${problems.map((problem) => `✗ ${problem}`).join("\n")}`);
});

function describe(thirds: Thirds, limit: number): string {
  const megabytes = thirds.map((bytes) => (bytes / 1024 / 1024).toFixed(1));
  return `${megabytes.join(", ")} MB: × ${computeGrowth(thirds).toFixed(2)} after the first third (limit ${limit})`;
}

function readMinutes(): number {
  const at = process.argv.indexOf("--minutes");
  if (at < 0) return 10;
  const minutes = Number(process.argv[at + 1]);
  return minutes > 0
    ? minutes
    : fail("--minutes must be a number above 0, such as: npm run soak -- --minutes 2");
}
