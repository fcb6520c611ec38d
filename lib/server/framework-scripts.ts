import "server-only";
import { createHash } from "node:crypto";

/**
 * The inline scripts of Next and React in the HTML of a page. The policy of a static page allows
 * these, and no others.
 *
 * Attack (stored XSS): text of a visitor that a page renders as HTML could contain a script. If the
 * policy allowed each script that is in the HTML, it would allow that one too. Defence: a script must
 * be data in one of the forms below, or the text of a function of React.
 */
export function isFrameworkScript(text: string): boolean {
  return isFlightData(text) || isChunkList(text) || isInstruction(text);
}

/** `self.__next_f.push([1,"…"])`: the data from which React builds the page in the browser. */
function isFlightData(text: string): boolean {
  const json = text.match(/^(?:\(self\.__next_f=self\.__next_f\|\|\[\]\)|self\.__next_f)\.push\((.*)\)$/s);
  return Array.isArray(parse(json?.[1]));
}

/** The list of files with which Turbopack starts. */
function isChunkList(text: string): boolean {
  const json = text.match(
    /^\(globalThis\["TURBOPACK"\] \|\| \(globalThis\["TURBOPACK"\] = \[\]\)\)\.push\((\{.*\})\);?$/s,
  );
  const list = parse(json?.[1]) as { otherChunks?: unknown } | undefined;
  return Array.isArray(list?.otherChunks) && list.otherChunks.every(isChunk);
}

function isChunk(name: unknown): boolean {
  return typeof name === "string" && name.startsWith("static/") && !name.includes("..");
}

/** Functions of React, and one call such as `$RC("B:0","S:0")` whose arguments are data. */
function isInstruction(text: string): boolean {
  let rest = text;
  for (let known = findDefinition(rest); known > 0; known = findDefinition(rest)) rest = rest.slice(known);
  const call = rest.match(/^\$R[CRSX]\((.*)\)$/s);
  return rest === "" || Array.isArray(parse(call && `[${call[1]}]`));
}

/** The length of the definition that the text begins with, or 0. */
function findDefinition(text: string): number {
  return DEFINITIONS.find(([length, hash]) => hashOf(text.slice(0, length)) === hash)?.[0] ?? 0;
}

/**
 * The functions with which React completes a page whose parts arrived in another order: the length
 * and the SHA-256 of each text, the longest first. `tests/quick/lib/framework-scripts.test.ts`
 * compares them with the React that Next contains.
 */
export const DEFINITIONS: readonly (readonly [length: number, hash: string])[] = [
  [2694, "R3eWN7zVoU3spWpPQ2b7tbYj4hZDyViY037DUph2exw="],
  [1105, "QwTTcUY6X/W9qbI8vPXdsBAoBq5Xi/MvMAMV2FEeJpk="],
  [829, "ejxEGil7Q2jnFo9T1EMjhzsRoWDTVn8tRpUYd4XCJkY="],
  [201, "HIwET9YbpCDSDZxSjDwBhUP6sywD0vfbAPbsgjDbN4U="],
  [200, "5TqIdh80KgjiD5uUtz2OhDa5DlGt33xJV6lK4XUE+Yo="],
  [193, "rkPyhj2kmK5uKX6SivS3u1ga+pNajy8xBWBiEPXhNMA="],
  [57, "7mu4H06fwDCjmnxxr/xNHyuQC6pLTHr4M2E4jXw5WZs="],
];

/** As in a Content Security Policy, without the name of the algorithm. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

function parse(json: string | null | undefined): unknown {
  if (json == null) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
