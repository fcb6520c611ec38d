import { align, type Report, type Row, show } from "./report";
import type { Spread } from "./statistics";

/** One promise of the gate about its performance. */
interface Target {
  readonly title: string;
  readonly limit: number;
  readonly best: "lowest" | "highest";
  readonly of: (report: Report) => Spread | undefined;
}

const TARGETS: readonly Target[] = [
  {
    title: "a warm request, against a bare rewrite",
    limit: 1.08,
    best: "lowest",
    of: ({ rows }) => find(rows, "gate, warm")?.request?.ratio,
  },
  {
    title: "requests a second of `next start`, warm, against a bare rewrite",
    limit: 0.92,
    best: "highest",
    of: ({ rows }) => find(rows, "gate, warm")?.http?.ratio,
  },
  {
    title: "start and first signed-in request, against a bare rewrite",
    limit: 1.6,
    best: "lowest",
    of: ({ rows }) => find(rows, "gate, cookie")?.start?.ratio,
  },
  {
    title: "a warm request amid a full memory, against the only session's",
    limit: 1.1,
    best: "lowest",
    of: ({ sessions }) => sessions.warm,
  },
];

/** Lists which targets this run has met, and names those that it has missed. */
export function verdicts(report: Report): string {
  const judged = TARGETS.map(({ title, limit, best, of }) => {
    const measured = of(report);
    const met =
      measured !== undefined && (best === "lowest" ? measured.median <= limit : measured.median >= limit);
    const target = `${best === "lowest" ? "≤" : "≥"} ${limit.toFixed(2)}`;
    return { title, target, measured, met };
  });
  const lines = judged.map(({ title, target, measured, met }) => [
    title,
    target,
    show(measured, 2),
    met ? "met" : "missed",
  ]);
  const missed = judged
    .filter(({ met }) => !met)
    .map(({ title, target, measured }) => `${title}: ${measured?.median.toFixed(2)} (target ${target})`);
  const summary = missed.length === 0 ? "All targets are met." : `Missed: ${missed.join("; ")}.`;
  return `${align([["target", "", "measured", ""], ...lines])}\n\n${summary}`;
}

const find = (rows: readonly Row[], wanted: string) => rows.find(({ name }) => name === wanted);
