import { appendFileSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../../scripts/lib/root";
import { buildCopy, checkTypes, copyProject } from "../fixtures/project-copy";

const folder = path.join(root, ".data/type-errors");
const ERROR = '\nexport const length: number = "text";\n';
const inFolder = (file: string) => path.join(folder, file);

beforeAll(() => {
  copyProject(folder);
  for (const file of ["tests/quick/edge/decide.test.ts", "scripts/doctor.ts"]) {
    appendFileSync(inFolder(file), ERROR);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("a type error in a test or a script fails `npm run lint`", async () => {
  const { scripts } = JSON.parse(readFileSync(inFolder("package.json"), "utf8"));
  expect(scripts.lint).toMatch(/ && tsc --noEmit$/);
  const result = checkTypes(folder);
  await expect(result).rejects.toThrow("tests/quick/edge/decide.test.ts");
  await expect(result).rejects.toThrow("scripts/doctor.ts");
});

it("a type error in a test or a script does not fail `next build`, which leaves the tsconfig files as they are", async () => {
  const configs = () =>
    ["tsconfig.json", "tsconfig.app.json"].map((file) => readFileSync(inFolder(file), "utf8"));
  const before = configs();
  await buildCopy(folder);
  expect(configs()).toEqual(before);
}, 300_000);

it("a type error in a page fails the type check of `next build`", async () => {
  appendFileSync(inFolder("app/not-found.tsx"), ERROR);
  await expect(checkTypes(folder, "tsconfig.app.json")).rejects.toThrow("app/not-found.tsx");
});
