import type { Spread } from "./statistics";

/** The figures of one contender asked in one way. */
export interface Row {
  readonly name: string;
  /** In the edge runtime: microseconds a request, and that against the floor's of the same round. */
  readonly request?: Measured;
  /** Milliseconds until a fresh isolate has answered its first request. */
  readonly start?: Measured;
  /** Requests a second of `next start`. */
  readonly http?: Measured;
  /** What `next start` holds at the end, in bytes. */
  readonly memory?: number;
  readonly size?: { readonly raw: number; readonly gzip: number };
}

export interface Measured {
  readonly value: Spread;
  readonly ratio?: Spread;
}

export interface Report {
  readonly node: string;
  readonly cores: number;
  readonly date: string;
  readonly rounds: { readonly requests: number; readonly starts: number; readonly http: number };
  readonly rows: readonly Row[];
}

/** What the gate promises, each against the bare rewrite. */
export const TARGETS = [
  { measure: "request", row: "gate, warm", title: "a warm request", limit: 1.08, best: "lowest" },
  {
    measure: "http",
    row: "gate, warm",
    title: "requests a second of `next start`, warm",
    limit: 0.92,
    best: "highest",
  },
  {
    measure: "start",
    row: "gate, cookie",
    title: "start and first signed-in request",
    limit: 1.6,
    best: "lowest",
  },
] as const;

/** The figures as a Markdown table; it is read on a terminal as well. */
export function table({ rows }: Report): string {
  const head = [
    "contender",
    "µs a request",
    "× bare",
    "start, ms",
    "× bare",
    "requests/s",
    "× bare",
    "memory, MB",
    "script, kB (gzip)",
  ];
  const lines = rows.map(({ name, request, start, http, memory, size }) => [
    name,
    show(request?.value, 0),
    show(request?.ratio, 2),
    show(start?.value, 1),
    show(start?.ratio, 2),
    show(http?.value, 0),
    show(http?.ratio, 2),
    memory === undefined ? "" : megabytes(memory),
    size ? `${kilobytes(size.raw)} (${kilobytes(size.gzip)})` : "",
  ]);
  return align([head, ...lines]);
}

/** Which of the targets this run has met. */
export function verdicts({ rows }: Report): string {
  const lines = TARGETS.map(({ measure, row, title, limit, best }) => {
    const ratio = rows.find(({ name }) => name === row)?.[measure]?.ratio?.median;
    const met = ratio !== undefined && (best === "lowest" ? ratio <= limit : ratio >= limit);
    const sign = best === "lowest" ? "≤" : "≥";
    return [title, `${sign} ${limit.toFixed(2)}`, ratio?.toFixed(2) ?? "", met ? "met" : "missed"];
  });
  return align([["against the bare rewrite", "target", "median", ""], ...lines]);
}

const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);

function show(spread: Spread | undefined, digits: number): string {
  if (!spread) return "";
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => value.toFixed(digits));
  return `${median} (${min}–${max})`;
}

function align(lines: string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const draw = (line: string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = lines;
  return [draw(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest.map(draw)].join(
    "\n",
  );
}
