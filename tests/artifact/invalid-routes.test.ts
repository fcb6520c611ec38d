import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { runProcess } from "../../scripts/lib/process";
import { root } from "../../scripts/lib/root";
import { throwAwayEnv } from "../../scripts/stack/app-env";
import { copyProject } from "../fixtures/project-copy";

const folder = path.join(root, ".data/invalid-routes");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("`next build` fails with the names of the invalid routes", async () => {
  copyProject(folder);
  const file = path.join(folder, "lib/routes.ts");
  const text = readFileSync(file, "utf8");
  const changed = text.replace('  login: "/login",', '  login: "/about-us",');
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  const build = runProcess({
    name: "next-build",
    command: process.execPath,
    args: [path.join(root, "node_modules/next/dist/bin/next"), "build"],
    cwd: folder,
    env: { ...process.env, ...throwAwayEnv(), NODE_ENV: undefined, NEXT_TELEMETRY_DISABLED: "1" },
    logDir: folder,
  });
  await expect(build).rejects.toThrow('login: "/about-us" is not a page for guests. Add it to guestPages');
});
