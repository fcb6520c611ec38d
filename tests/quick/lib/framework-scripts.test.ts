import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { DEFINITIONS, hashOf, isFrameworkScript } from "../../../lib/server/framework-scripts";

/** The texts of React's functions: the literals in its source, without the call at their end. */
function readDefinitions(build: "node" | "edge"): string[] {
  const folder = "node_modules/next/dist/compiled/react-dom/cjs";
  const source = readFileSync(`${folder}/react-dom-server.${build}.production.js`, "utf8");
  const literals = source.matchAll(
    /'\$R[A-Z]=(?:[^'\\\n]|\\.)*'|"requestAnimationFrame\(function\(\)\{\$RT(?:[^"\\\n]|\\.)*"/g,
  );
  const texts = Array.from(literals, ([literal]) => String(new Function(`return ${literal}`)()));
  return [...new Set(texts.map((text) => text.replace(/\$R[A-Z]\("$/, "")))];
}

test.each(["node", "edge"] as const)(
  "the list of React's functions is that of Next's React for %s",
  (build) => {
    const found = readDefinitions(build).map((text) => [text.length, hashOf(text)] as const);
    expect(found.toSorted(([one], [other]) => other - one)).toEqual(DEFINITIONS);
  },
);

describe("isFrameworkScript", () => {
  const [segment = "", boundary = ""] = ["$RS=", "$RB="].map((start) =>
    readDefinitions("node").find((text) => text.startsWith(start)),
  );

  it.each([
    "(self.__next_f=self.__next_f||[]).push([0])",
    'self.__next_f.push([1,"1:\\"$Sreact.fragment\\"\\n"])',
    '(globalThis["TURBOPACK"] || (globalThis["TURBOPACK"] = [])).push({"otherChunks":["static/chunks/a.js"],"runtimeModuleIds":[1]});',
    "requestAnimationFrame(function(){$RT=performance.now()});",
    `${boundary}$RC("B:0","S:0")`,
    `${segment}$RS("S:1","P:1")`,
    '$RR("B:0","S:0",[["/_next/static/a.css","next"]])',
  ])("accepts %s", (text) => {
    expect(isFrameworkScript(text)).toBe(true);
  });

  it.each([
    "alert(1)",
    "self.__next_f.push([1,alert(1)])",
    'self.__next_f.push([1,""]);alert(1)',
    'self.__next_f.push([1,""]),self.__next_f.push([1,""])',
    '(globalThis["TURBOPACK"] || (globalThis["TURBOPACK"] = [])).push({"otherChunks":["static/../../backend/a.js"],"runtimeModuleIds":[1]});',
    '(globalThis["TURBOPACK"] || (globalThis["TURBOPACK"] = [])).push({"otherChunks":["https://evil.example/a.js"]});',
    '$RC("B:0",alert(1))',
    '$RC("B:0","S:0");alert(1)',
    `${boundary}alert(1)`,
    `alert(1);${boundary}$RC("B:0","S:0")`,
    "$RC=function(){alert(1)};$RC(0)",
  ])("refuses %s", (text) => {
    expect(isFrameworkScript(text)).toBe(false);
  });
});
