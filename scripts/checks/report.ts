import type { Status } from "./check";
import { countResults, type Progress, type Result } from "./run";

const MARKS: Record<Status, { mark: string; colour: number }> = {
  passed: { mark: "✓", colour: 32 },
  warning: { mark: "!", colour: 33 },
  failed: { mark: "✗", colour: 31 },
  skipped: { mark: "–", colour: 90 },
};
const CLEAR_LINE = "\r\x1b[2K";

/** Colours a text with an SGR code of ECMA-48, or leaves it as it is. */
type Paint = (colour: number, text: string) => string;

interface Options {
  /** The number of checks. */
  total: number;
  /** Headings of the topics. Default: the topic itself. */
  headings?: Readonly<Record<string, string>>;
  /** Default: on a terminal, unless NO_COLOR is set. */
  colour?: boolean;
  /** Removes secrets from each line. */
  redact?: (text: string) => string;
}

/** The part of a `WriteStream` that the report needs. */
type Terminal = Pick<NodeJS.WriteStream, "isTTY" | "columns"> & { write(text: string): unknown };

/**
 * Shows each check when it ends, with how to fix it on the line below. On a terminal it also shows
 * the check that is running.
 */
export function createReport(stream: Terminal, options: Options) {
  const { total, headings = {}, redact = (text) => text } = options;
  const { colour = stream.isTTY === true && !process.env.NO_COLOR } = options;
  const paint: Paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const write = (line: string) => stream.write(`${stream.isTTY ? CLEAR_LINE : ""}${redact(line)}\n`);
  let topic = "";
  let done = 0;

  return {
    onStart({ title }) {
      // A line that wraps could not be cleared.
      const line = `… ${done + 1}/${total} ${title}`.slice(0, stream.columns - 1);
      if (stream.isTTY) stream.write(CLEAR_LINE + paint(2, line));
    },
    onEnd(result) {
      done++;
      if (topicOf(result) !== topic) {
        topic = topicOf(result);
        write(`\n${paint(1, headings[topic] ?? topic)}`);
      }
      for (const line of describeResult(result, paint)) write(line);
    },
    writeSummary(results: readonly Result[], seconds: number) {
      const { passed, warning, failed, skipped } = countResults(results);
      const warnings = warning > 0 ? `${warning} warning${warning > 1 ? "s" : ""}, ` : "";
      const text = `${passed} passed, ${warnings}${failed} failed, ${skipped} skipped in ${seconds.toFixed(1)} s`;
      const worst = failed > 0 ? "failed" : warning > 0 ? "warning" : "passed";
      write(`\n${paint(MARKS[worst].colour, text)}`);
    },
  } satisfies Progress & Record<string, unknown>;
}

function describeResult(result: Result, paint: Paint): string[] {
  const { mark, colour } = MARKS[result.status];
  const remark = [result.source, describeOutcome(result)].filter(Boolean).join("; ");
  const head = `  ${paint(colour, mark)} ${result.title}${remark && ` ${paint(2, `(${remark})`)}`}`;
  switch (result.status) {
    case "passed":
    case "skipped":
      return [head];
    case "warning":
    case "failed":
      return [
        head,
        ...result.findings.flatMap(({ reason, fix }) => [
          `      ${paint(colour, reason)}`,
          `      → ${fix} ${paint(2, `[${result.id}]`)}`,
        ]),
      ];
    default:
      return result satisfies never;
  }
}

/** What fits on the line of the title. */
function describeOutcome(result: Result): string | undefined {
  if (result.status === "skipped") return `skipped: ${result.reason}`;
  return result.status === "passed" ? result.note : undefined;
}

/** The results as one JSON document. `url`: the deployment, if there is only one address. */
export function toJson(results: readonly Result[], about: { time: Date; url?: string }): string {
  const totals = countResults(results);
  const checks = results.map((result) => ({ topic: topicOf(result), ...result }));
  return JSON.stringify({ ...about, ok: totals.failed === 0, totals, checks }, null, 2);
}

const topicOf = ({ id }: Result) => id.slice(0, id.indexOf("."));
