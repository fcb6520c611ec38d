import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it, test } from "vitest";

/** Imports go downwards only: `middleware → edge → lib → npm`, `app → lib → npm`. */
const mayImport: Record<string, readonly string[]> = {
  "middleware.ts": ["edge", "lib"],
  "instrumentation.ts": ["lib"],
  edge: ["edge", "lib"],
  lib: ["lib"],
  app: ["app", "lib"],
};

/** Only these files must change for a move to `proxy.ts` or to another edge host. */
const knowTheHost = ["middleware.ts", "edge/respond.ts"];

/** The only file that reads the environment. */
const readsEnvironment = ["lib/env.ts"];

interface Source {
  path: string;
  text: string;
  imports: string[];
}

function sourcesOf(root: string): Source[] {
  const files = statSync(root).isFile()
    ? [root]
    : readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => join(root, file));
  return files
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(path, "utf8");
      const imports = [...text.matchAll(/(?:from\s+|import\s*\(?\s*)"([^"]+)"/g)].map(
        ([, name]) => name ?? "",
      );
      return { path, text, imports };
    });
}

const topOf = (path: string) => normalize(path).split("/")[0] ?? "";

describe.each(Object.entries(mayImport))("%s", (root, allowed) => {
  const sources = sourcesOf(root);

  it("is there", () => {
    expect(sources.length).toBeGreaterThan(0);
  });

  test.each(sources.map(({ path, imports }) => [path, imports] as const))(
    "%s imports downwards only",
    (path, imports) => {
      const ours = imports.filter((name) => name.startsWith("."));
      const tops = ours.map((name) => topOf(join(dirname(path), name)));
      expect(tops.filter((top) => !allowed.includes(top))).toEqual([]);
    },
  );
});

const gate = [...sourcesOf("middleware.ts"), ...sourcesOf("edge")];

test("only the composition root and the file that performs know Next", () => {
  const knowing = gate.filter(({ imports }) => imports.some((name) => /^next(\/|$)/.test(name)));
  expect(knowing.map(({ path }) => path).sort()).toEqual([...knowTheHost].sort());
});

test("only lib/env.ts reads the environment", () => {
  // NEXT_RUNTIME is a build constant, although it looks like a variable.
  const all = [
    ...gate,
    ...["lib", "app", "next.config.ts", "instrumentation.ts"].flatMap((root) => sourcesOf(root)),
  ];
  expect(
    all
      .filter(({ text }) =>
        /process\.env(?!\.NEXT_RUNTIME)/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")),
      )
      .map(({ path }) => path),
  ).toEqual(readsEnvironment);
});

test("no server code hands a whole request on: Next's is a proxy, which the constructors of Node 24 refuse", () => {
  const server = [...gate, ...["lib", "app", "instrumentation.ts"].flatMap((root) => sourcesOf(root))];
  const handing = server.filter(({ text }) =>
    /\b(?:new Request|fetch)\(\s*(?:\w+\.)*(?:request|req)\s*[,)]/.test(text),
  );
  // openapi-fetch creates these requests, not Next.
  expect(handing.map(({ path }) => path).sort()).toEqual(["lib/api/client.ts", "lib/browser/api-client.ts"]);
});

test("edge/ reads no clock and no randomness of its own", () => {
  const impure = gate.filter(
    ({ path, text }) => path !== "middleware.ts" && /Date\.now|Math\.random|randomUUID|setTimeout/.test(text),
  );
  expect(impure.map(({ path }) => path)).toEqual([]);
});

test("a warm start never evaluates Better Auth: it is imported when it is called for", () => {
  const importers = gate.filter(({ text }) =>
    /^import (?!type)[^;]*"(better-auth|kysely|@neondatabase|\.\.?\/(?:lib\/)?(?:auth|db))["/]/m.test(text),
  );
  expect(importers.map(({ path }) => path)).toEqual([]);
});

test("nothing that the gate can reach, at once or later, knows how to send mail", () => {
  const reached = new Map<string, string[]>();
  const visit = (path: string) => {
    const file = [path, `${path}.ts`, `${path}.tsx`].find((name) =>
      statSync(name, { throwIfNoEntry: false })?.isFile(),
    );
    if (!file || reached.has(file)) return;
    const imports = sourcesOf(file).flatMap((source) => source.imports);
    reached.set(file, imports);
    for (const name of imports) if (name.startsWith(".")) visit(join(dirname(file), name));
  };
  visit("middleware.ts");
  expect([...reached.keys()]).toContain("lib/auth/options.ts");
  const senders = [...reached].filter(([, imports]) => imports.includes("nodemailer"));
  expect(senders.map(([path]) => path)).toEqual([]);
});
