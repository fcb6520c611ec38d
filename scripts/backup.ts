import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { main } from "./lib/main";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { shorten } from "./lib/root";
import { fail } from "./lib/user-error";
import {
  DATA,
  hashParts,
  lockData,
  MANIFEST,
  type Manifest,
  partsIn,
  readPostgresVersion,
} from "./stack/local-data";

/** `npm run backup -- FILE` writes the data of `npm run up` into one file. */
main(async (atEnd) => {
  const [name, ...others] = process.argv.slice(2);
  if (!name || others.length > 0) return fail("Usage: npm run backup -- FILE   (such as backup.tar.gz)");
  const file = path.resolve(process.env.INIT_CWD ?? "", name);
  if (existsSync(file)) fail(`${shorten(file)} exists already. Choose another name, or delete it first.`);
  const folder = path.dirname(file);
  if (!existsSync(folder))
    fail(`The folder ${shorten(folder)} does not exist. Create it, or choose another one.`);
  const parts = partsIn(DATA);
  if (parts.length === 0) fail("There is no data in .data. `npm run up` creates it.");

  const unlock = await lockData();
  atEnd(async () => unlock());
  const manifestFile = path.join(DATA, MANIFEST);
  const draft = `${file}.incomplete`;
  atEnd(async () => {
    for (const each of [manifestFile, draft]) rmSync(each, { force: true });
  });
  await step("Back up .data", async (note) => {
    const files = hashParts(DATA);
    const createdAt = new Date().toISOString();
    const manifest: Manifest = { format: 1, createdAt, postgres: readPostgresVersion(DATA), files };
    writeFileSync(manifestFile, JSON.stringify(manifest));
    // Only this user may read it: it contains sessions and hashes of passwords.
    writeFileSync(draft, "", { mode: 0o600 });
    const args = ["-czf", draft, "-C", DATA, MANIFEST, ...parts];
    await runProcess({ name: "backup", command: "tar", args });
    renameSync(draft, file);
    note(`${Object.keys(files).length} files`);
  });
  console.log(`Written to ${shorten(file)}. Keep it private. The secrets in .env.local are not in it.`);
});
