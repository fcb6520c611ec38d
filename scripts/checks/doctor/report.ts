import type { Line, Outcome } from "./check";

const GROUPS: Record<string, string> = {
  project: "This folder",
  config: "Configuration",
  database: "Database",
  backend: "FastAPI",
  app: "The running app",
};

const MARKS: Record<Outcome["state"], { mark: string; colour: number }> = {
  ok: { mark: "✓", colour: 32 },
  warn: { mark: "!", colour: 33 },
  fail: { mark: "✗", colour: 31 },
  skipped: { mark: "–", colour: 90 },
};

/** The number of checks in each state. */
export function countStates(lines: readonly Line[]): Record<Outcome["state"], number> {
  const counts = { ok: 0, warn: 0, fail: 0, skipped: 0 };
  for (const { state } of lines) counts[state] += 1;
  return counts;
}

export const hasFailed = (lines: readonly Line[]) => lines.some(({ state }) => state === "fail");

/** The report as one JSON document. */
export function asJson(lines: readonly Line[]): string {
  return JSON.stringify({ ok: !hasFailed(lines), summary: countStates(lines), checks: lines }, null, 2);
}

/**
 * The report for a user: groups, a mark for each check, how to fix it on the line below, and a
 * summary.
 */
export function asText(lines: readonly Line[], options: { colour: boolean }): string {
  const paint = (code: number, text: string) => (options.colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const own = lines.filter(({ id }) => id.startsWith(`${group}.`));
    return [paint(1, title), ...own.flatMap((line) => describeLine(line, paint))].join("\n");
  });
  const { ok, warn, fail, skipped } = countStates(lines);
  const summary = `${ok} in order, ${warn} to look at, ${fail} to mend, ${skipped} skipped`;
  return [...groups, paint(MARKS[fail > 0 ? "fail" : warn > 0 ? "warn" : "ok"].colour, summary)].join("\n\n");
}

function describeLine(line: Line, paint: (code: number, text: string) => string): string[] {
  const { mark, colour } = MARKS[line.state];
  const head = `  ${paint(colour, mark)} ${line.title}`;
  switch (line.state) {
    case "ok":
      return [line.note ? `${head} ${paint(90, `(${line.note})`)}` : head];
    case "skipped":
      return [`${head} ${paint(90, `(skipped: ${line.because})`)}`];
    case "warn":
    case "fail":
      return [
        head,
        ...line.findings.flatMap(({ reason, mend }) => [`      ${paint(colour, reason)}`, `      → ${mend}`]),
      ];
    default:
      return line satisfies never;
  }
}
