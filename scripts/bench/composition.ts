import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { SourceMap } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { createIsolate, type Isolate } from "../stack/edge-isolate";

/**
 * Which packages a built script contains, according to its source map, and how much of each runs.
 * Sizes in bytes.
 */

/** A part of the script that comes from one package. Offsets in UTF-16 units, as V8 counts. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly owner: string;
}

/** One package's share of a script. */
export interface Share {
  /** The name of an npm package, or `Gatehouse` for the code of this repository. */
  readonly owner: string;
  readonly bytes: number;
  /** How much smaller the script would be after gzip without this package. */
  readonly gzip: number;
  /** How much of it the isolate has evaluated, up to the first response. */
  readonly evaluated: number;
}

const OWN = "Gatehouse";

type Range = readonly [from: number, to: number];

/**
 * Lists the packages of a function's script, and how much of each a fresh isolate evaluates for one
 * request.
 */
export async function listShares(
  functionDir: string,
  env: Record<string, string>,
  url: string,
  cookie: string,
): Promise<Share[]> {
  const isolate = createIsolate(functionDir, env);
  const evaluated = await evaluatedWhile(isolate, async () => {
    isolate.evaluate();
    await isolate.respond(isolate.request(url, { headers: { cookie } }));
  });
  return sharesOf(functionDir, evaluated);
}

/** Each package's share of a script, the largest first. */
function sharesOf(functionDir: string, evaluated: readonly Range[]): Share[] {
  const text = readFileSync(path.join(functionDir, "index.js"), "utf8");
  const pieces = readPieces(text, readFileSync(path.join(functionDir, "index.js.map"), "utf8"));
  const whole = gzipSync(text).length;
  const owners = [...new Set(pieces.map(({ owner }) => owner))];
  const shares = owners.map((owner): Share => {
    const own = pieces.filter((piece) => piece.owner === owner);
    const rest = pieces.filter((piece) => piece.owner !== owner);
    return {
      owner,
      bytes: own.reduce((sum, { from, to }) => sum + to - from, 0),
      gzip: whole - gzipSync(rest.map(({ from, to }) => text.slice(from, to)).join("")).length,
      evaluated: own.reduce((sum, piece) => sum + overlap(piece, evaluated), 0),
    };
  });
  return shares.toSorted((a, b) => b.bytes - a.bytes);
}

/**
 * Runs `act` and returns the ranges of the isolate's functions that ran meanwhile. A range inside
 * another one is left out.
 * @throws when `act` does not evaluate the isolate
 */
async function evaluatedWhile(isolate: Isolate, act: () => Promise<void>): Promise<Range[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await act();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  const script = result.find(({ url }) => url === isolate.scriptUrl);
  if (!script) throw new Error("The isolate's script was not evaluated");
  // The first entry is the script itself, and its range contains every module.
  const ran = script.functions
    .slice(1)
    .flatMap(({ ranges: [range] }) =>
      range && range.count > 0 ? [[range.startOffset, range.endOffset] as const] : [],
    );
  return outermost(ran);
}

function outermost(ranges: readonly Range[]): Range[] {
  const kept: Range[] = [];
  for (const range of ranges.toSorted(([a, aEnd], [b, bEnd]) => a - b || bEnd - aEnd)) {
    if (range[1] > (kept.at(-1)?.[1] ?? 0)) kept.push(range);
  }
  return kept;
}

function overlap({ from, to }: Piece, ranges: readonly Range[]): number {
  return ranges.reduce(
    (sum, [start, end]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, start)),
    0,
  );
}

function readPieces(text: string, sourceMap: string): Piece[] {
  const map = new SourceMap(JSON.parse(sourceMap));
  const pieces: Piece[] = [];
  let offset = 0;
  for (const [number, line] of text.split("\n").entries()) {
    let [from, owner] = [0, ownerAt(map, number, 0)];
    for (let column = 1; column <= line.length; column++) {
      const next = column < line.length ? ownerAt(map, number, column) : undefined;
      if (next === owner) continue;
      pieces.push({ from: offset + from, to: offset + column, owner });
      [from, owner] = [column, next ?? owner];
    }
    offset += line.length + 1;
  }
  return pieces;
}

function ownerAt(map: SourceMap, line: number, column: number): string {
  const entry = map.findEntry(line, column);
  const source = decodeURIComponent("originalSource" in entry ? entry.originalSource : "");
  const name = [...source.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1];
  if (name) return name;
  // Paths are relative to the folder of the build. Everything else is the bundler's own code.
  return /^(\.\.\/)+(middleware\.ts|edge\/|lib\/)/.test(source) ? OWN : "next";
}
