import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { trackedFiles } from "../fixtures/tracked-files";
import { findBrokenPointers } from "./pointers";

/**
 * Every path, file name, link and npm script that a page, a comment or a message names exists.
 * tests/repo/system/guides builds and uses the samples of the guides.
 */

const GENERATED = ["lib/api/types.ts"];
/** Contains broken pointers on purpose. */
const OWN = ["tests/repo/pointers.test.ts"];
const KINDS: readonly [kind: string, pattern: RegExp][] = [
  ["Markdown", /\.md$/],
  ["TypeScript", /\.tsx?$/],
  ["JavaScript", /\.[cm]?js$/],
  ["Python", /\.py$/],
  ["CSS", /\.css$/],
  ["settings", /^(\.env\.example|\.vercelignore|\.gitignore|\.ci\/.*|.*package\.json|.*\.toml)$/],
];
const sources = trackedFiles().filter((file) => ![...GENERATED, ...OWN].includes(file));

describe("the pointers in", () => {
  it.each(KINDS)("%s lead to something that exists", (_, pattern) => {
    const found = sources.filter((file) => pattern.test(file));
    expect(found).not.toEqual([]);
    const broken = found.flatMap((file) =>
      findBrokenPointers(file, readFileSync(file, "utf8")).map((pointer) => `${file} names ${pointer}`),
    );
    expect(broken).toEqual([]);
  });
});

describe("findBrokenPointers", () => {
  it.each([
    ["a path in Markdown", "docs/README.md", "See `edge/gone.ts`.", "edge/gone.ts"],
    ["a path in a diagram", "docs/README.md", "```mermaid\na[edge/gone.ts<br>x]\n```\n", "edge/gone.ts"],
    ["a link in Markdown", "docs/README.md", "[gone](gone.md)", "docs/gone"],
    ["a link out of the repository", "docs/README.md", "[page](../../OTHER.md)", "../OTHER.md"],
    ["a document that is not here", "lib/env.ts", "// See PLAN.md.", "PLAN.md"],
    ["a path in a comment", "lib/env.ts", "// As in lib/gone.ts.", "lib/gone.ts"],
    ["a path in a message", "lib/env.ts", 'fail("Set it in lib/gone.ts: x")', "lib/gone.ts"],
    ["a file name in a comment", "app/page.tsx", "/* see gone.tsx */", "gone.tsx"],
    ["the end of a path", "lib/env.ts", "// bench/gone.ts", "bench/gone.ts"],
    ["a test without its extension", "lib/env.ts", "// tests/system/gone holds it", "tests/system/gone"],
    ["a path in JavaScript", "scripts/run.mjs", "// scripts/gone.mjs", "scripts/gone.mjs"],
    ["a path in Python", "backend/auth.py", '"""As in backend/gone.py."""', "backend/gone.py"],
    ["a path in CSS", "app/globals.css", "/* app/gone.css */", "app/gone.css"],
    ["a path in .env.example", ".env.example", "# docs/gone.md", "docs/gone.md"],
    ["an npm script", "docs/README.md", "```sh\nnpm run gone\n```\n", "gone"],
    ["a path of one machine", "lib/env.ts", "// /home/ada/notes", "/home/ada"],
  ])("finds %s", (_, file, text, pointer) => {
    expect(findBrokenPointers(file, text)).toContainEqual(expect.stringContaining(pointer));
  });

  it.each([
    ["a URL path", "lib/env.ts", 'fetch("/backend/api/gone")'],
    ["a path of a package", "lib/env.ts", 'import "better-auth/lib/gone"'],
    ["a folder", "lib/env.ts", "// edge/session/"],
    ["a pattern", "lib/env.ts", '"tests/{quick,repo}/**"'],
    ["a build output", "lib/env.ts", '"backend/.venv/bin/python"'],
    ["a file that a guide's sample creates", "docs/x.md", "```ts app/gone.ts\n```\nThen open `app/gone.ts`."],
  ])("accepts %s", (_, file, text) => {
    expect(findBrokenPointers(file, text)).toEqual([]);
  });
});
