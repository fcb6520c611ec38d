import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { measureArtifacts } from "./artifact";
import type { Built } from "./build";
import { type Case, ENOUGH_FOR_P99 } from "./case";
import type { measureNextStart } from "./next-start";
import type { Measured, Row } from "./report";
import { computeRatios, computeSpread } from "./statistics";

/** Builds the rows of the table. `overHttp`: the cases that were also measured over HTTP. */
export function buildRows(
  cases: readonly Case[],
  artifact: Awaited<ReturnType<typeof measureArtifacts>>,
  overHttp: readonly Case[],
  http: Awaited<ReturnType<typeof measureNextStart>>,
): Row[] {
  const rows = cases.map((it, i): Row => {
    const place = overHttp.indexOf(it);
    return {
      name: it.name,
      request: relative(artifact.perRequest, i),
      ...(it.visitor !== "one of many" && {
        start: relative(artifact.perStart, i),
        script: relative(artifact.perScript, i),
      }),
      ...(place >= 0 && { http: relative(http.perSecond, place), memory: http.memory[place] }),
      ...(it.httpRequests >= ENOUGH_FOR_P99 && { p99: relative(http.p99, place) }),
      size: sizeOf(it.built),
    };
  });
  return [...rows, { name: "FastAPI directly", http: { value: computeSpread(http.perSecond.at(-1) ?? []) } }];
}

/** The rounds of one case, relative to those of the first one. */
function relative(rounds: readonly (readonly number[])[], i: number): Measured {
  const [reference = [], own = []] = [rounds[0], rounds[i]];
  return { value: computeSpread(own), ratio: computeRatios(own, reference) };
}

function sizeOf({ functionDir }: Built) {
  const script = readFileSync(path.join(functionDir, "index.js"));
  return { raw: script.length, gzip: gzipSync(script).length };
}
