import { NAMES } from "./case";
import { alignTable, formatSpread, type Report, type Row } from "./report";
import { computeSpread, type Spread } from "./statistics";

/** A limit for one figure. */
interface Target {
  readonly title: string;
  readonly limit: number;
  readonly best: "lowest" | "highest";
  /** Digits after the decimal point. Default: 2. */
  readonly digits?: number;
  readonly read: (report: Report) => Spread | undefined;
}

const TARGETS: readonly Target[] = [
  {
    title: "start and first signed-in request, relative to the bare rewrite",
    limit: 1.65,
    best: "lowest",
    read: ({ rows }) => find(rows, NAMES.cookie)?.start?.ratio,
  },
  {
    title: "start and first request that needs a lookup, relative to the bare rewrite",
    limit: 2.2,
    best: "lowest",
    read: ({ rows }) => find(rows, NAMES.cold)?.start?.ratio,
  },
  {
    title: "the gate's script after gzip, kB",
    limit: 85,
    best: "lowest",
    digits: 1,
    read({ rows }) {
      const size = find(rows, NAMES.warm)?.size;
      return size && computeSpread([size.gzip / 1000]);
    },
  },
  {
    title: "a warm request, relative to the least a gate can do",
    limit: 1.1,
    best: "lowest",
    read: ({ warmToLeast }) => warmToLeast,
  },
  {
    title: "a lookup, relative to the same SQL through a bare `fetch`",
    limit: 1.2,
    best: "lowest",
    read: ({ lookupToBareFetch }) => lookupToBareFetch,
  },
  {
    title: "requests per second of `next start`, warm, relative to the bare rewrite",
    limit: 0.95,
    best: "highest",
    read: ({ rows }) => find(rows, NAMES.warm)?.http?.ratio,
  },
  {
    title: "99th percentile of the latency of `next start`, warm, relative to the bare rewrite",
    limit: 1.2,
    best: "lowest",
    read: ({ rows }) => find(rows, NAMES.warm)?.p99?.ratio,
  },
  {
    title: "a warm request while the memory is full, relative to that of the only session",
    limit: 1.1,
    best: "lowest",
    read: ({ sessions }) => sessions.warm,
  },
  {
    title: "a lookup among very many sessions, relative to one among few",
    limit: 1.2,
    best: "lowest",
    read: ({ scale }) => scale.ratio,
  },
];

/** Lists which targets this run has met, and names those that it has missed. */
export function renderTargets(report: Report): string {
  const judged = TARGETS.map(({ title, limit, best, digits = 2, read }) => {
    const measured = read(report);
    const met =
      measured !== undefined && (best === "lowest" ? measured.median <= limit : measured.median >= limit);
    const target = `${best === "lowest" ? "≤" : "≥"} ${limit.toFixed(digits)}`;
    return { title, target, measured, digits, met };
  });
  const lines = judged.map(({ title, target, measured, digits, met }) => [
    title,
    target,
    formatSpread(measured, digits),
    met ? "met" : "missed",
  ]);
  const missed = judged
    .filter(({ met }) => !met)
    .map(({ title, target, measured, digits }) => {
      const value = measured ? measured.median.toFixed(digits) : "not measured";
      return `${title}: ${value} (target ${target})`;
    });
  const summary = missed.length === 0 ? "All targets are met." : `Missed: ${missed.join("; ")}.`;
  return `${alignTable([["target", "", "measured", ""], ...lines])}\n\n${summary}`;
}

const find = (rows: readonly Row[], wanted: string) => rows.find(({ name }) => name === wanted);
