import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { main } from "./lib/main";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { shorten } from "./lib/root";
import { fail, messageOf } from "./lib/user-error";
import { DATA, hashParts, lockData, MANIFEST, type Manifest, partsIn } from "./stack/local-data";

/** `npm run restore -- FILE` replaces the data of `npm run up` by that of a backup. */
main(async (atEnd) => {
  const options = process.argv.slice(2);
  const [name, ...others] = options.filter((option) => option !== "--replace");
  if (!name || others.length > 0) return fail("Usage: npm run restore -- FILE [--replace]");
  const file = path.resolve(process.env.INIT_CWD ?? "", name);
  if (!existsSync(file)) fail(`${shorten(file)} does not exist.`);
  mkdirSync(DATA, { recursive: true, mode: 0o700 });
  const unlock = await lockData();
  atEnd(async () => unlock());
  const current = partsIn(DATA);
  if (current.length > 0 && !options.includes("--replace")) {
    fail(".data contains data. To replace it, add --replace. It is moved to a folder in .data, not deleted.");
  }

  const draft = path.join(DATA, "restoring");
  atEnd(async () => rmSync(draft, { recursive: true, force: true }));
  await step("Read the backup", () => extract(file, draft));
  await step("Check the backup", () => check(file, draft));
  if (current.length > 0) {
    const aside = path.join(DATA, `replaced-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
    mkdirSync(aside, { mode: 0o700 });
    for (const part of current) renameSync(path.join(DATA, part), path.join(aside, part));
    console.log(`The data until now is in ${shorten(aside)}.`);
  }
  for (const part of partsIn(draft)) renameSync(path.join(draft, part), path.join(DATA, part));
  console.log("Restored. `npm run up` uses it, and adds tables and columns that are missing.");
});

async function extract(file: string, draft: string): Promise<void> {
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  try {
    await runProcess({ name: "restore", command: "tar", args: ["-xzf", file, "-C", draft] });
  } catch (error) {
    fail(`${shorten(file)} cannot be read: it is not a backup, or it is incomplete.\n${messageOf(error)}`);
  }
}

/** @throws {UserError} when a file is missing or changed, or this version cannot open the database */
async function check(file: string, draft: string): Promise<void> {
  const manifest = readManifest(path.join(draft, MANIFEST));
  if (manifest?.format !== 1) {
    return fail(`${shorten(file)} is not a backup of this version of \`npm run backup\`.`);
  }
  const found = hashParts(draft);
  const names = new Set([...Object.keys(found), ...Object.keys(manifest.files)]);
  const changed = [...names].filter((name) => found[name] !== manifest.files[name]);
  if (changed.length > 0) {
    fail(`${shorten(file)} is damaged: ${changed[0]} is not as it was written. Use another backup.`);
  }
  if (manifest.postgres) await openDatabase(path.join(draft, "postgres"), manifest.postgres);
}

function readManifest(file: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** PGlite opens only data of its own major version of Postgres, and only with all of its files. */
async function openDatabase(dataDir: string, version: string): Promise<void> {
  const installed = await readInstalledVersion();
  if (installed !== version) {
    fail(
      `The backup is from Postgres ${version}, and the installed PGlite is Postgres ${installed}. ` +
        "Restore it with the version of the project that made it, and copy the data with pg_dump.",
    );
  }
  try {
    const db = await PGlite.create(dataDir);
    await db.query('select count(*) from "user"');
    await db.close();
  } catch (error) {
    fail(`The database of the backup cannot be opened (${messageOf(error)}). Use another backup.`);
  }
}

async function readInstalledVersion(): Promise<string> {
  const db = await PGlite.create();
  const { rows } = await db.query<{ version: string }>(
    "select current_setting('server_version_num')::int / 10000 as version",
  );
  await db.close();
  return String(rows[0]?.version);
}
