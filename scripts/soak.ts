import { faultsOf, MAX_GROWTH, soak } from "../bench/soak";
import { main } from "./lib/main";
import { fail } from "./lib/user-error";

/** Ten minutes of mixed traffic, or `--minutes N`; ends with 1 unless every answer was the right one and memory held. */

const MEGABYTE = 1024 * 1024;

main(async () => {
  const result = await soak(readMinutes(), (line) => console.log(line));
  const rows = Object.entries(result.counts).map(([name, count]) => [name, String(count)]);
  for (const [i, third] of ["first", "second", "last"].entries()) {
    rows.push([`memory, ${third} third`, `${((result.memory[i] ?? 0) / MEGABYTE).toFixed(0)} MB`]);
  }
  rows.push([
    "growth after warm-up",
    `× ${(result.memory[2] / result.memory[1]).toFixed(2)} (limit ${MAX_GROWTH})`,
  ]);
  rows.push(["unexpected answers", String(result.unexpected.length)]);
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  console.log(`\n${rows.map(([name = "", value]) => `${name.padEnd(width)}  ${value}`).join("\n")}`);
  const faults = faultsOf(result);
  if (faults.length > 0) fail(`\n${faults.map((fault) => `✗ ${fault}`).join("\n")}`);
});

function readMinutes(): number {
  const at = process.argv.indexOf("--minutes");
  if (at < 0) return 10;
  const minutes = Number(process.argv[at + 1]);
  return minutes > 0
    ? minutes
    : fail("--minutes takes a number above 0, such as: npm run soak -- --minutes 2");
}
