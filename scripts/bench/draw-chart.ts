import { renderSvg } from "../lib/svg";
import type { Measured, Report, Row } from "./report";

const WIDTH = 820;
const LABELS = 200;
const VALUES = 70;
/**
 * Longer bars are cut off: one database lookup would make all other bars too short. A multiple of
 * the bare rewrite.
 */
const LONGEST = 10;
const BAR = 16;
const STEP = 26;

const STYLES = {
  light:
    ".bar { fill: #8c959f } .gate { fill: #0969da } .reach, .floor { stroke: #24292f } .floor { stroke-dasharray: 3 3 }",
  dark: ".bar { fill: #6e7681 } .gate { fill: #4493f8 } .reach, .floor { stroke: #e6edf3 }",
};

const PANELS = [
  { key: "request", title: "Time of a request in the edge runtime (shorter is better)" },
  { key: "start", title: "Start of an isolate with its first request (shorter is better)" },
  { key: "http", title: "Requests per second of next start (longer is better)" },
] as const;

/**
 * Draws the medians as bars relative to the bare rewrite, with a line from minimum to maximum.
 * Readable on a light and on a dark background.
 */
export function drawChart(report: Report): string {
  let y = 0;
  const parts: string[] = [];
  for (const { key, title } of PANELS) {
    const rows = report.rows.filter((row) => row[key]?.ratio);
    y += 30;
    parts.push(`<text class="title" x="0" y="${y}">${title}</text>`);
    const longest = Math.max(...rows.map((row) => ratioOf(row[key]).median), 1);
    const scale = (WIDTH - LABELS - VALUES) / Math.min(longest, LONGEST);
    parts.push(panel(rows, key, y + 12, scale));
    y += 12 + rows.length * STEP;
  }
  const height = y + 12;
  return renderSvg(
    { width: WIDTH, height, label: "Each contender relative to a bare rewrite", styles: STYLES },
    parts,
  );
}

function panel(
  rows: readonly Row[],
  key: (typeof PANELS)[number]["key"],
  top: number,
  scale: number,
): string {
  const bars = rows.map((row, i) => {
    const { median, min, max } = ratioOf(row[key]);
    const y = top + i * STEP;
    const middle = y + BAR / 2;
    const at = (value: number) => Math.min(LABELS + value * scale, WIDTH - VALUES + 10).toFixed(1);
    const kind = row.name.startsWith("gate") ? "bar gate" : "bar";
    return `<text x="0" y="${middle + 4}">${row.name}</text>
${bar(kind, y, median, scale)}
<line class="reach" x1="${at(min)}" x2="${at(max)}" y1="${middle}" y2="${middle}"/>
<text x="${WIDTH}" y="${middle + 4}" text-anchor="end">${median.toFixed(2)} ×</text>`;
  });
  const floor = (LABELS + scale).toFixed(1);
  const bottom = top + rows.length * STEP - (STEP - BAR);
  return `${bars.join("\n")}
<line class="floor" x1="${floor}" x2="${floor}" y1="${top - 4}" y2="${bottom + 4}"/>`;
}

/** A bar that is cut off has a gap before its end. */
function bar(kind: string, y: number, median: number, scale: number): string {
  const draw = (x: number, width: number) =>
    `<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`;
  if (median <= LONGEST) return draw(LABELS, median * scale);
  const end = LABELS + LONGEST * scale;
  return draw(LABELS, LONGEST * scale - 20) + draw(end - 14, 14);
}

function ratioOf(measured: Measured | undefined) {
  return measured?.ratio ?? { median: 0, min: 0, max: 0 };
}
