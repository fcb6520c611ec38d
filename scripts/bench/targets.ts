import { alignTable, formatSpread, type Report, type Row } from "./report";
import type { Spread } from "./statistics";

/** A limit for one figure. */
interface Target {
  readonly title: string;
  readonly limit: number;
  readonly best: "lowest" | "highest";
  readonly read: (report: Report) => Spread | undefined;
}

const TARGETS: readonly Target[] = [
  {
    title: "a warm request, relative to a bare rewrite",
    limit: 1.08,
    best: "lowest",
    read: ({ rows }) => find(rows, "gate, warm")?.request?.ratio,
  },
  {
    title: "requests per second of `next start`, warm, relative to a bare rewrite",
    limit: 0.92,
    best: "highest",
    read: ({ rows }) => find(rows, "gate, warm")?.http?.ratio,
  },
  {
    title: "start and first signed-in request, relative to a bare rewrite",
    limit: 1.6,
    best: "lowest",
    read: ({ rows }) => find(rows, "gate, cookie")?.start?.ratio,
  },
  {
    title: "a warm request with a full memory, relative to a single session",
    limit: 1.1,
    best: "lowest",
    read: ({ sessions }) => sessions.warm,
  },
];

/** Lists which targets this run has met, and names those that it has missed. */
export function renderTargets(report: Report): string {
  const results = TARGETS.map(({ title, limit, best, read }) => {
    const measured = read(report);
    const met =
      measured !== undefined && (best === "lowest" ? measured.median <= limit : measured.median >= limit);
    const target = `${best === "lowest" ? "≤" : "≥"} ${limit.toFixed(2)}`;
    return { title, target, measured, met };
  });
  const lines = results.map(({ title, target, measured, met }) => [
    title,
    target,
    formatSpread(measured, 2),
    met ? "met" : "missed",
  ]);
  const missed = results
    .filter(({ met }) => !met)
    .map(({ title, target, measured }) => `${title}: ${measured?.median.toFixed(2)} (target ${target})`);
  const summary = missed.length === 0 ? "All targets are met." : `Missed: ${missed.join("; ")}.`;
  return `${alignTable([["target", "", "measured", ""], ...lines])}\n\n${summary}`;
}

const find = (rows: readonly Row[], wanted: string) => rows.find(({ name }) => name === wanted);
