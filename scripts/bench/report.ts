import { NAMES } from "./case";
import type { Share } from "./composition";
import type { Scale } from "./scale";
import type { Spread } from "./statistics";

/** The figures of one contender with one kind of visitor. */
export interface Row {
  readonly name: string;
  /**
   * In the edge runtime: microseconds per request, and the ratio to the bare rewrite in the same
   * round.
   */
  readonly request?: Measured;
  /** Milliseconds until a fresh isolate has sent its first response. */
  readonly start?: Measured;
  /** The part of `start` that compiles and runs the script. Milliseconds. */
  readonly script?: Measured;
  /** Requests per second of `next start`. */
  readonly http?: Measured;
  /**
   * The latency that 99 of 100 requests do not exceed. Milliseconds. Missing where a round has too
   * few requests for it.
   */
  readonly p99?: Measured;
  /** The resident memory of `next start` at the end, in bytes. */
  readonly memory?: number;
  readonly size?: { readonly raw: number; readonly gzip: number };
}

/** The values of one measurement. */
export interface Measured {
  readonly value: Spread;
  /** The ratio to the bare rewrite. Missing for what does other work. */
  readonly ratio?: Spread;
}

/** The figures of one gate that has seen very many sessions. */
export interface Sessions {
  readonly count: number;
  /** Bytes in use after each tenth of the sessions. */
  readonly held: readonly number[];
  /**
   * The time of a warm request while the memory is full, relative to the time with only one
   * session.
   */
  readonly warm: Spread;
}

/** All figures of one run. */
export interface Report {
  readonly node: string;
  readonly cores: number;
  readonly date: string;
  readonly rounds: { readonly requests: number; readonly starts: number; readonly http: number };
  readonly rows: readonly Row[];
  /** The time of a warm request, relative to the least a gate can do. */
  readonly warmToLeast: Spread;
  /** The time of a request with a lookup, relative to one with the same SQL by a bare `fetch`. */
  readonly lookupToBareFetch: Spread;
  readonly sessions: Sessions;
  readonly scale: Scale;
  /**
   * The packages in the gate's script. `evaluated`: what a fresh isolate runs for a first request
   * with a cookie cache.
   */
  readonly composition: readonly Share[];
}

/** The figures as a Markdown table that is also readable on a terminal. */
export function renderTable({ rows }: Report): string {
  const head = [
    "contender",
    "µs per request",
    "× bare",
    "start, ms",
    "× bare",
    "requests/s",
    "× bare",
    "p99, ms",
    "× bare",
    "memory, MB",
    "script, kB (gzip)",
  ];
  const lines = rows.map(({ name, request, start, http, p99, memory, size }) => [
    name,
    formatSpread(request?.value, 0),
    formatSpread(request?.ratio, 2),
    formatSpread(start?.value, 1),
    formatSpread(start?.ratio, 2),
    formatSpread(http?.value, 0),
    formatSpread(http?.ratio, 2),
    formatSpread(p99?.value, 1),
    formatSpread(p99?.ratio, 2),
    memory === undefined ? "" : megabytes(memory, 0),
    size ? `${kilobytes(size.raw)} (${kilobytes(size.gzip)})` : "",
  ]);
  return alignTable([head, ...lines]);
}

/** Describes the memory use of very many sessions. */
export function describeSessions({ sessions: { count, held, warm } }: Report): string {
  const [first = 0, last = 0] = [held[0], held.at(-1)];
  return `After ${grouped(count / held.length)} sessions one gate holds ${megabytes(first, 1)} MB, after ${grouped(count)} sessions ${megabytes(last, 1)} MB (at
most ${megabytes(Math.max(...held), 1)} MB in between). In the edge runtime a warm request takes ${formatSpread(warm, 2)} times as long while
the memory is full as with one session.`;
}

/** Describes the lookups per second, and the cost of a lookup among very many sessions. */
export function describeLookups({ rows, scale: { few, many, ratio, took, version } }: Report): string {
  const perSecond = (name: string) => formatSpread(rows.find((row) => row.name === name)?.http?.value, 0);
  return `\`next start\` makes ${perSecond(NAMES.cold)} lookups per second through PGlite, and ${perSecond(NAMES.coldPostgres)} through PostgreSQL
${version}: each request is that of a new visitor, 16 at a time.

Among ${grouped(many)} sessions in PostgreSQL the gate's statement takes ${formatSpread(took.many, 0)} µs, among ${grouped(few)} it takes
${formatSpread(took.few, 0)} µs: ${formatSpread(ratio, 2)} times as long.`;
}

/** The packages in the gate's script, and how much of each a start evaluates. */
export function renderComposition({ composition }: Report): string {
  const lines = composition.map(({ owner, bytes, gzip, evaluated }) => [
    owner,
    kilobytes(bytes),
    kilobytes(gzip),
    kilobytes(evaluated),
    kilobytes(bytes - evaluated),
  ]);
  return alignTable([
    ["package", "kB", "adds after gzip", "evaluated for the first request", "later or never"],
    ...lines,
  ]);
}

const megabytes = (bytes: number, digits: number) => (bytes / 1024 / 1024).toFixed(digits);
const grouped = (n: number) => n.toLocaleString("en");
const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);

/** The median, with the minimum and the maximum in parentheses if they differ. */
export function formatSpread(spread: Spread | undefined, digits: number): string {
  if (!spread) return "";
  if (spread.min === spread.max) return spread.median.toFixed(digits);
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => value.toFixed(digits));
  return `${median} (${min}–${max})`;
}

/** A Markdown table that is also readable as plain text. The first line is the header. */
export function alignTable(lines: readonly string[][]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const draw = (line: string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...rest] = lines;
  return [draw(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest.map(draw)].join(
    "\n",
  );
}
