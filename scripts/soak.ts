import { findLookupProblems, runLookupSoak } from "./bench/lookup-soak";
import { computeGrowth, findProblems, MAX_GROWTH, runSoak, type Thirds } from "./bench/soak";
import { main } from "./lib/main";
import { fail } from "./lib/user-error";

/**
 * Runs ten minutes of mixed traffic, or `--minutes N`. With `--lookups N` it makes the gate look up N
 * sessions a second in a PostgreSQL instead, and restarts that in the middle. Exits with 1 if a
 * response is wrong or memory use grows.
 */

main(async () => {
  const minutes = readNumber("--minutes") ?? 10;
  const rate = readNumber("--lookups");
  await (rate ? soakLookups(rate, minutes) : soak(minutes));
});

async function soakLookups(rate: number, minutes: number): Promise<void> {
  const result = await runLookupSoak({ rate, minutes, report: (line) => console.log(line) });
  const { p50, p99 } = result.latency;
  console.log(`\nresponses            ${JSON.stringify(result.statuses)}`);
  console.log(`during the restart   ${JSON.stringify(result.statusesInRestart)}`);
  console.log(`requests per second  ${result.perSecond.toFixed(0)}`);
  console.log(`transactions per s   ${result.transactionsPerSecond.toFixed(0)}`);
  console.log(`latency              p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  console.log(`memory held          ${describe(result.memory.held, MAX_GROWTH.held)}`);
  console.log(`memory resident      ${describe(result.memory.resident, MAX_GROWTH.resident)}`);
  failOn(findLookupProblems(result, rate));
}

async function soak(minutes: number): Promise<void> {
  const result = await runSoak(minutes, (line) => console.log(line));
  const { held, resident } = result.memory;
  const rows = [
    ...Object.entries(result.counts).map(([name, count]) => [name, String(count)]),
    ["memory held", describe(held, MAX_GROWTH.held)],
    ["memory resident", describe(resident, MAX_GROWTH.resident)],
    ["unexpected responses", String(result.unexpected.length)],
  ];
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  console.log(`\n${rows.map(([name = "", value]) => `${name.padEnd(width)}  ${value}`).join("\n")}`);
  failOn(findProblems(result));
}

function failOn(problems: readonly string[]): void {
  if (problems.length > 0) fail(`\n${problems.map((problem) => `✗ ${problem}`).join("\n")}`);
}

function describe(thirds: Thirds, limit: number): string {
  const megabytes = thirds.map((bytes) => (bytes / 1024 / 1024).toFixed(1));
  return `${megabytes.join(", ")} MB: × ${computeGrowth(thirds).toFixed(2)} after the first third (limit ${limit})`;
}

function readNumber(option: string): number | undefined {
  const at = process.argv.indexOf(option);
  if (at < 0) return undefined;
  const value = Number(process.argv[at + 1]);
  return value > 0 ? value : fail(`${option} must be a number above 0, such as: npm run soak -- ${option} 2`);
}
