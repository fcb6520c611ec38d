import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** The files of `edge/`, and all files that they import for more than types. */
function findReached(): Map<string, string> {
  const reached = new Map<string, string>();
  const visit = (path: string) => {
    const file = [path, `${path}.ts`].find((name) => statSync(name, { throwIfNoEntry: false })?.isFile());
    if (!file || reached.has(file)) return;
    const text = readFileSync(file, "utf8");
    reached.set(file, text);
    for (const [, named = "", from = ""] of text.matchAll(/^import ([^;]*?)\s*from "(\.[^"]*)"/gms)) {
      if (!isTypesOnly(named)) visit(join(dirname(file), from));
    }
  };
  for (const file of readdirSync("edge", { recursive: true, encoding: "utf8" })) visit(join("edge", file));
  return reached;
}

/** `type { A }` or `{ type A, type B }`. */
function isTypesOnly(named: string): boolean {
  const names = named.replace(/[{}]/g, "").split(",");
  return named.startsWith("type ") || names.every((name) => /^\s*(type\s|$)/.test(name));
}

describe("the code that edge/ runs", () => {
  const reached = findReached();

  it("is found", () => {
    expect([...reached.keys()]).toEqual(
      expect.arrayContaining(["edge/gate.ts", "lib/redirect-target.ts", "lib/token/mint.ts"]),
    );
  });

  it("gets the routes and the settings as arguments", () => {
    expect([...reached.keys()].filter((file) => /^lib\/(routes|env)\.ts$/.test(file))).toEqual([]);
  });

  it("reads neither the environment nor a build constant", () => {
    const reading = [...reached].filter(([, text]) =>
      /process\.env|\b__[A-Z][A-Z_]*__\b/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")),
    );
    expect(reading.map(([file]) => file)).toEqual([]);
  });
});
