import type { Check } from "./check";
import { count, type Result } from "./run-checks";

const MARKS = { passed: "✓", failed: "✗", skipped: "–" } as const;
const COLOURS = { passed: 32, failed: 31, skipped: 33 } as const;
const CLEAR_LINE = "\r\x1b[2K";

const topicOf = ({ id }: Check) => id.slice(0, id.indexOf("."));

/**
 * Shows the checks to a user, each when it ends. On a terminal it also shows the check that is
 * running.
 */
export function createReport(stream: NodeJS.WriteStream, total: number) {
  const animated = stream.isTTY;
  const coloured = animated && !process.env.NO_COLOR;
  const paint = (colour: number, text: string) => (coloured ? `\x1b[${colour}m${text}\x1b[0m` : text);
  const write = (line: string) => stream.write(`${animated ? CLEAR_LINE : ""}${line}\n`);
  let topic = "";
  let done = 0;

  return {
    begins(check: Check): void {
      // A line that wraps could not be cleared.
      const line = `… ${done + 1}/${total} ${check.title}`.slice(0, stream.columns - 1);
      if (animated) stream.write(CLEAR_LINE + paint(2, line));
    },
    ended({ check, status, detail }: Result): void {
      done++;
      if (topicOf(check) !== topic) {
        topic = topicOf(check);
        write(`\n${paint(1, topic)}`);
      }
      write(`  ${paint(COLOURS[status], MARKS[status])} ${check.title} ${paint(2, `(${check.source})`)}`);
      if (detail) write(`      ${detail}`);
      if (status === "failed") write(`      mend: ${check.mend} [${check.id}]`);
    },
    summary(results: readonly Result[], seconds: number): void {
      const { passed, failed, skipped } = count(results);
      write(`\n${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds.toFixed(1)} s`);
    },
  };
}

/** The same results as one JSON document. */
export function toJson(url: string, time: Date, results: readonly Result[]): string {
  const checks = results.map(({ check, status, detail }) => ({
    id: check.id,
    topic: topicOf(check),
    title: check.title,
    source: check.source,
    status,
    detail,
    ...(status === "failed" && { mend: check.mend }),
  }));
  return JSON.stringify({ url, time: time.toISOString(), checks, totals: count(results) }, null, 2);
}
