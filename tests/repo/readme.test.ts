import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Routes, routes } from "../../lib/routes";
import { trackedFiles } from "../fixtures/tracked-files";

/** The README and the tables that it links to match the code. */

const readme = readFileSync("README.md", "utf8");
const guides = readFileSync("docs/README.md", "utf8");
const packageJson = JSON.parse(readFileSync("package.json", "utf8"));
const toolsJson = JSON.parse(readFileSync("scripts/tools/package.json", "utf8"));

const section = (title: string) => readme.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
/** The names in the first column of a page's table. */
const named = (page: string) =>
  readFileSync(page, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .flatMap((line) =>
      [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
    );

it("README.md shows every folder at the top", () => {
  const tree = section("Project layout").match(/```\n([\s\S]*?)```/)?.[1] ?? "";
  const shown = tree.split("\n").flatMap((line) => line.split(" ")[0] || []);
  for (const path of shown) expect(existsSync(path), path).toBe(true);

  const tracked = execFileSync("git", ["ls-files"]).toString().split("\n");
  const folders = new Set(
    tracked.filter((path) => path.includes("/") && !path.startsWith(".")).map((path) => path.split("/")[0]),
  );
  const missing = [...folders].filter((folder) => !shown.some((path) => path.startsWith(`${folder}/`)));
  expect(missing).toEqual([]);
});

it("ARCHITECTURE.md names every folder", () => {
  const layout = readFileSync("ARCHITECTURE.md", "utf8").split("\n## Layout\n")[1]?.split("\n## ")[0] ?? "";
  const shown = [...layout.matchAll(/^\| `([^`]+)\/` /gm)].map(([, folder]) => folder);
  // Below app/ the folders are the paths of the pages.
  const folders = trackedFiles("app", "backend", "docs", "edge", "lib", "scripts", "tests").flatMap(
    (file) => {
      const [top = "", second, third] = file.split("/");
      return third && top !== "app" ? [top, `${top}/${second}`] : [top];
    },
  );
  expect(shown).toEqual([...new Set(folders)].sort());
});

it("docs/configuration.md and .env.example explain every variable", () => {
  const literal = [...readFileSync("lib/env.ts", "utf8").matchAll(/read\("([A-Z_]+)"/g)].map(
    ([, name]) => name,
  );
  // The address of a further backend is an adopter's own variable.
  const [{ address: first }, ...further]: Routes["backends"] = routes.backends;
  const others = new Set(further.map(({ address }) => address));
  const read = [...literal, first];
  const example = [...readFileSync(".env.example", "utf8").matchAll(/^([A-Z_]+)=/gm)]
    .map(([, name]) => name)
    .filter((name = "") => !others.has(name));
  expect(named("docs/configuration.md").sort()).toEqual([...read].sort());
  expect(example.sort()).toEqual([...read].sort());
});

it("docs/dependencies.md explains every dependency", () => {
  const types = (name: string) => name.startsWith("@types/");
  const ours = [packageJson.dependencies, packageJson.devDependencies, toolsJson.dependencies].flatMap(
    Object.keys,
  );
  const python = [
    ...["fastapi", "fastapi-offline", "pyjwt", "pydantic-settings", "sqlmodel", "uvicorn"],
    ...["psycopg", "alembic", "pytest", "ruff"],
  ];
  const wanted = new Set([...ours.filter((name) => !types(name)), ...python]);
  expect([...new Set(named("docs/dependencies.md"))].sort()).toEqual([...wanted].sort());
});

it("docs/README.md links every guide", () => {
  const pages = readdirSync("docs").filter((name) => name.endsWith(".md") && name !== "README.md");
  expect(pages.filter((name) => !guides.includes(`(${name})`))).toEqual([]);
});

it("a decision has the same number in its file name, its heading and the links to it", () => {
  const files = readdirSync("docs/decisions");
  const numbers = files.map((file) => file.slice(0, 3));
  expect(new Set(numbers).size).toBe(files.length);
  for (const file of files)
    expect(readFileSync(`docs/decisions/${file}`, "utf8"), file).toMatch(`# ${file.slice(0, 3)}: `);

  const wrong = trackedFiles()
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/\[(?:decision\s+)?(\d{3})\]\([^)]*?(\d{3})-[^)]*\)/gi)]
        .filter(([, text, target]) => text !== target)
        .map(([link]) => `${file}: ${link}`),
    );
  expect(wrong).toEqual([]);
});

it("docs/README.md links every decision", () => {
  const links = [...guides.matchAll(/\]\(decisions\/([^)]+)\)/g)].map(([, file]) => file);
  expect(links.sort()).toEqual(readdirSync("docs/decisions").sort());
});
