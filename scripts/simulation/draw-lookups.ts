import { renderSvg } from "../lib/svg";
import type { DatabaseFigures } from "./database-figures";
import { BOUNDS, type Point } from "./scenarios";

const PLOT = { left: 80, right: 620, top: 50, bottom: 400 } as const;
const WIDTH = 820;
const HEIGHT = 450;
/** Powers of ten at the ends of the axes. */
const AXES = { users: [3, 7], lookups: [-1, 6] } as const;

const STYLES = {
  // The outline of a limit's text keeps it readable where a line passes behind it.
  light: `.grid { stroke: #d0d7de } .limit { stroke: #bc4c00; stroke-dasharray: 6 4 }
.limit-text { fill: #bc4c00; stroke: #ffffff; stroke-width: 4; paint-order: stroke }
.bound { fill: none; stroke: #0969da; stroke-width: 2 } .point { fill: #0969da }`,
  dark: `.grid { stroke: #30363d } .limit { stroke: #f0883e } .limit-text { fill: #f0883e; stroke: #0d1117 }
.bound { stroke: #4493f8 } .point { fill: #4493f8 }`,
};

/**
 * Draws the lookups per second over the users, one line for each staleness bound, and what a
 * database sustains as horizontal lines. Both axes are logarithmic.
 */
export function drawLookups(points: readonly Point[], figures: DatabaseFigures): string {
  return renderSvg(
    {
      width: WIDTH,
      height: HEIGHT,
      label: "Session lookups per second over the number of users",
      styles: STYLES,
    },
    [
      '<text class="title" x="0" y="20">Session lookups per second at the database (both axes are logarithmic)</text>',
      ...drawGrid(),
      ...limitsOf(figures).map(drawLimit),
      ...BOUNDS.map((bound) => drawBound(points.filter((point) => point.maxStaleSeconds === bound))),
      ...limitsOf(figures).map(describeLimit),
    ],
  );
}

function xOf(users: number): number {
  const [from, to] = AXES.users;
  return PLOT.left + ((Math.log10(users) - from) / (to - from)) * (PLOT.right - PLOT.left);
}

function yOf(lookups: number): number {
  const [from, to] = AXES.lookups;
  return PLOT.bottom - ((Math.log10(lookups) - from) / (to - from)) * (PLOT.bottom - PLOT.top);
}

function drawGrid(): string[] {
  const powers = ([from, to]: readonly [number, number]) =>
    Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
  const columns = powers(AXES.users).map((users) => {
    const x = xOf(users).toFixed(1);
    return `<line class="grid" x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>
<text x="${x}" y="${PLOT.bottom + 20}" text-anchor="middle">${users.toLocaleString("en")}</text>`;
  });
  const rows = powers(AXES.lookups).map((lookups) => {
    const y = yOf(lookups);
    return `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>
<text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${lookups.toLocaleString("en")}</text>`;
  });
  const middle = (PLOT.left + PLOT.right) / 2;
  return [...columns, ...rows, `<text x="${middle}" y="${HEIGHT - 8}" text-anchor="middle">users</text>`];
}

interface Limit {
  readonly lookups: number;
  readonly name: string;
  /** Where its text hides no point: at the left above its line, or at the right below it. */
  readonly side: "left" | "right";
}

function limitsOf({ perInstance, perConnection }: DatabaseFigures): readonly Limit[] {
  return [
    { lookups: perInstance, name: "one next start, 2 cores, measured", side: "right" },
    { lookups: perConnection, name: "one connection, measured", side: "left" },
    { lookups: perConnection * 16, name: "16 connections, calculated", side: "left" },
  ];
}

function drawLimit({ lookups }: Limit): string {
  const y = yOf(lookups).toFixed(1);
  return `<line class="limit" x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/>`;
}

function describeLimit({ lookups, name, side }: Limit): string {
  const place =
    side === "left"
      ? `x="${PLOT.left + 6}" y="${(yOf(lookups) - 5).toFixed(1)}"`
      : `x="${PLOT.right - 6}" y="${(yOf(lookups) + 15).toFixed(1)}" text-anchor="end"`;
  const perSecond = lookups.toLocaleString("en", { maximumFractionDigits: 0 });
  return `<text class="limit-text" ${place}>${name}: ${perSecond}/s</text>`;
}

function drawBound(points: readonly Point[]): string {
  const at = points.map(({ users, lookupsPerSecond }) => [xOf(users), yOf(lookupsPerSecond)] as const);
  const [x = 0, y = 0] = at.at(-1) ?? [];
  const { maxStaleSeconds = 0 } = points[0] ?? {};
  const label = maxStaleSeconds === 0 ? "0: each request" : `bound ${maxStaleSeconds} s`;
  return `<polyline class="bound" points="${at.map((place) => place.map((value) => value.toFixed(1)).join(",")).join(" ")}"/>
${at.map(([cx, cy]) => `<circle class="point" cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="3.5"/>`).join("")}
<text x="${x + 10}" y="${(y + 4).toFixed(1)}">${label}</text>`;
}
