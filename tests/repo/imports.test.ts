import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { filesLoadedBy, findCycles, readImportGraph, resolveImport } from "./import-graph";

/** What each part of the project may import, and what it may use of its surroundings. */

const graph = readImportGraph();
const files = [...graph.keys()];
const under = (...roots: string[]) =>
  files.filter((file) => roots.some((root) => file === root || file.startsWith(`${root}/`)));
const textOf = (file: string) => readFileSync(file, "utf8");
const withoutComments = (file: string) => textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

const EDGE_ENTRY = "middleware.ts";
const gate = under(EDGE_ENTRY, "edge");
const clientEntries = under("app").filter((file) => /^"use client";/.test(textOf(file)));

/** The import chains from the entries to files in these folders. */
const loadedFrom = (folders: readonly string[], entries: readonly string[]) =>
  entries.flatMap((entry) =>
    [...filesLoadedBy(graph, entry)]
      .filter(([file]) => folders.some((folder) => file.startsWith(`${folder}/`)))
      .map(([, chain]) => chain),
  );

describe("the import graph", () => {
  it("contains static imports, dynamic imports, and imports of types", () => {
    const kinds = new Set([...graph.values()].flat().map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["static", "dynamic", "type"]));
    expect([...filesLoadedBy(graph, EDGE_ENTRY).keys()]).toContain("edge/gate.ts");
  });

  it.each([
    ["edge/gate.ts", "@/lib/routes", "lib/routes.ts"],
    ["edge/session/store.ts", "@/edge/../app/layout", "app/layout.tsx"],
    ["edge/gate.ts", "../lib/routes", "lib/routes.ts"],
    ["edge/gate.ts", "@radix-ui/react-toast", undefined],
    ["edge/gate.ts", "next/server", undefined],
  ])("resolves in %s the import of %s to %s", (importer, specifier, file) => {
    expect(resolveImport(importer, specifier)).toBe(file);
  });

  it("has the alias of tsconfig.json, and no other one could hide an import", () => {
    const { compilerOptions } = JSON.parse(textOf("tsconfig.json"));
    expect(compilerOptions.paths).toEqual({ "@/*": ["./*"] });
  });

  it("has no cycle, not even of types", () => {
    expect(findCycles(graph)).toEqual([]);
  });
});

/** Imports go downwards only, and nothing imports tests/. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "middleware.ts": ["edge", "lib"],
  // Tells the Node server which statements the gate may run.
  "instrumentation.ts": ["edge/session/statement.ts", "lib"],
  "next.config.ts": ["lib"],
  edge: ["edge", "lib"],
  lib: ["lib"],
  app: ["app", "lib"],
  scripts: ["scripts", "edge", "lib"],
};

describe.each(Object.entries(mayImport))("%s", (root, allowed) => {
  it(`imports only from ${allowed.join(" and ")}`, () => {
    expect(under(root)).not.toEqual([]);
    const imports = under(root).flatMap((importer) =>
      (graph.get(importer) ?? []).map(({ file }) => ({ importer, file })),
    );
    const isAllowed = (file: string) =>
      file === "package.json" || allowed.some((entry) => file === entry || file.startsWith(`${entry}/`));
    expect(imports.filter(({ file }) => file && !isAllowed(file))).toEqual([]);
  });
});

describe("code of the Node server (lib/server)", () => {
  it("is marked by an import of server-only in every file", () => {
    const unmarked = under("lib/server").filter((file) => !textOf(file).startsWith('import "server-only";'));
    expect(unmarked).toEqual([]);
  });

  it("is never loaded by the gate, at once or later", () => {
    expect(loadedFrom(["lib/server"], [EDGE_ENTRY])).toEqual([]);
  });

  it("is never loaded by a client component", () => {
    expect(clientEntries).not.toEqual([]);
    expect(loadedFrom(["lib/server"], clientEntries)).toEqual([]);
  });
});

describe("code for browsers (lib/browser)", () => {
  it("is never loaded by the gate or the Node server", () => {
    expect(loadedFrom(["lib/browser"], [EDGE_ENTRY, "instrumentation.ts", ...under("lib/server")])).toEqual(
      [],
    );
  });
});

describe("code of next.config.ts (lib/build)", () => {
  it("is never loaded by the gate, the Node server or a client component", () => {
    const entries = [EDGE_ENTRY, "instrumentation.ts", ...under("app", "lib/server")];
    expect(loadedFrom(["lib/build"], entries)).toEqual([]);
  });
});

describe("the pages that a project with languages moves (docs/base-path-and-languages.md)", () => {
  const moved = ["app/page.tsx", "app/error.tsx", "app/account-deleted", "app/(guest)", "app/(signed-in)"];
  const isMoved = (file: string) => under(...moved).includes(file);

  it("import what stays by the alias", () => {
    const relative = under(...moved).flatMap((importer) =>
      (graph.get(importer) ?? [])
        .filter(({ specifier, file }) => specifier.startsWith(".") && file && !isMoved(file))
        .map(({ specifier }) => `${importer}: ${specifier}`),
    );
    expect(relative).toEqual([]);
  });

  it("are imported by no other file", () => {
    const demo = /^app\/\(signed-in\)\/tasks\//;
    const importers = files
      .filter((file) => !isMoved(file))
      .flatMap((importer) =>
        (graph.get(importer) ?? [])
          .filter(({ file }) => file && isMoved(file) && !demo.test(file))
          .map(({ specifier }) => `${importer}: ${specifier}`),
      );
    expect(importers).toEqual([]);
  });
});

test("the rest of lib loads no module of Node, and neither Better Auth nor a database", () => {
  const neutral = under("lib").filter((file) => !/^lib\/(server|browser|build)\//.test(file));
  const loaded = neutral.flatMap((file) =>
    (graph.get(file) ?? [])
      .filter(({ kind }) => kind !== "type")
      .filter(({ specifier }) => /^(node:|better-auth|@neondatabase\/|kysely|pg$|ws$)/.test(specifier))
      .map(({ specifier }) => `${file}: ${specifier}`),
  );
  expect(loaded).toEqual([]);
});

test("the gate loads neither Better Auth nor a database driver nor zod, at once or later", () => {
  const loaded = [...filesLoadedBy(graph, EDGE_ENTRY).keys()].flatMap((file) =>
    (graph.get(file) ?? [])
      .filter(({ kind }) => kind !== "type")
      .filter(({ specifier }) =>
        /^(better-auth|@better-auth\/|@neondatabase\/|kysely|pg$|zod)/.test(specifier),
      )
      .map(({ specifier }) => `${file}: ${specifier}`),
  );
  expect(loaded).toEqual([]);
});

/** Only for its types. Next's notation is in `edge/respond.ts` and `edge/upstream/rewrite.ts`. */
const knowTheHost = ["middleware.ts"];

test("of the gate, only the composition root imports Next", () => {
  const importsNext = (file: string) =>
    (graph.get(file) ?? []).some(({ specifier }) => /^next(\/|$)/.test(specifier));
  expect(gate.filter(importsNext).sort()).toEqual(knowTheHost);
});

test("only lib/env.ts reads the environment", () => {
  // NEXT_RUNTIME is a build constant, although it looks like a variable.
  const reading = [...gate, ...under("lib", "app", "next.config.ts", "instrumentation.ts")].filter((file) =>
    /process\.env(?!\.NEXT_RUNTIME)/.test(withoutComments(file)),
  );
  expect(reading).toEqual(["lib/env.ts"]);
});

test("no server code passes on a whole request: Next's is a proxy, which the constructors of Node 24 refuse", () => {
  const server = [...gate, ...under("lib", "app", "instrumentation.ts")];
  const passing = server.filter((file) =>
    /\b(?:new Request|fetch)\(\s*(?:\w+\.)*(?:request|req)\s*[,)]/.test(textOf(file)),
  );
  // openapi-fetch creates these requests, not Next.
  expect(passing.sort()).toEqual(["lib/api/client.ts", "lib/browser/api-client.ts"]);
});

describe("the code that edge/ loads", () => {
  const loaded = [...new Set(under("edge").flatMap((file) => [...filesLoadedBy(graph, file).keys()]))];

  it("is found", () => {
    expect(loaded).toEqual(
      expect.arrayContaining(["edge/gate.ts", "lib/redirect-target.ts", "lib/token/mint.ts"]),
    );
  });

  it("contains neither the routes nor the settings, which are arguments", () => {
    expect(loaded.filter((file) => /^lib\/(routes|env)\.ts$/.test(file))).toEqual([]);
  });

  it("reads neither the environment nor a build constant", () => {
    const reading = loaded.filter((file) => /process\.env|\b__[A-Z][A-Z_]*__\b/.test(withoutComments(file)));
    expect(reading).toEqual([]);
  });
});

test("edge/ reads no clock and no randomness of its own", () => {
  const impure = under("edge").filter((file) =>
    /Date\.now|Math\.random|randomUUID|setTimeout/.test(textOf(file)),
  );
  expect(impure).toEqual([]);
});
