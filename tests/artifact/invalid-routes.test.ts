import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../../scripts/lib/root";
import { buildCopy, copyProject } from "../fixtures/project-copy";

const folder = path.join(root, ".data/invalid-routes");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("`next build` fails with the names of the invalid routes", async () => {
  copyProject(folder);
  const file = path.join(folder, "lib/routes.ts");
  const text = readFileSync(file, "utf8");
  const changed = text.replace('  login: "/login",', '  login: "/about-us",');
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  const build = buildCopy(folder);
  await expect(build).rejects.toThrow('login: "/about-us" is not a page for guests. Add it to guestPages');
});
