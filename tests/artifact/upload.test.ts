import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, test } from "vitest";
import { root } from "../../scripts/lib/root";
import { checkTypes, copyProject } from "../fixtures/project-copy";

const folder = path.join(root, ".data/upload");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the files that .vercelignore leaves pass the type check of `next build`", async () => {
  copyProject(folder, ".vercelignore");
  await checkTypes(folder, "tsconfig.app.json");
}, 120_000);
