import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { slugOf } from "../lib/backends";
import { type Routes, routes } from "../lib/routes";
import { readSettings } from "./lib/env-file";
import { main } from "./lib/main";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { ensureTools, tool } from "./lib/tools";
import { fail } from "./lib/user-error";
import { ensureVenv } from "./stack/backend";

/**
 * Writes the types of each backend's OpenAPI document: of the first one to `lib/api/types.ts`, and of
 * each further one to a file in `lib/api` that is named after its prefix
 * (docs/second-backend.md). With `--check` it only compares them.
 */

interface Source {
  /** The backend, for messages. */
  readonly name: string;
  /** The file with the types, relative to the project. */
  readonly file: string;
  /** Reads the OpenAPI document. Undefined: it does not exist. */
  readonly read: () => Promise<Buffer | undefined>;
}

const [, ...further]: Routes["backends"] = routes.backends;

const sources: readonly Source[] = [
  { name: "FastAPI", file: "lib/api/types.ts", read: printDocument },
  ...further.map((backend) => {
    const document = `lib/api/${slugOf(backend)}.openapi.json`;
    return {
      name: backend.prefix,
      file: `lib/api/${slugOf(backend)}.ts`,
      read: async () => {
        const full = path.join(root, document);
        if (existsSync(full)) return readFileSync(full);
        console.log(
          `${backend.prefix} has no types: ${document} does not exist. If a page calls this service, save its OpenAPI document there.`,
        );
        return undefined;
      },
    };
  }),
];

main(async () => {
  assertNoStrayDocuments();
  await ensureTools();
  for (const { name, file, read } of sources) {
    const types = await step(`Read the OpenAPI document of ${name}`, async () => {
      const document = await read();
      return document && generate(name, document);
    });
    if (types === undefined) continue;
    const target = path.join(root, file);
    if (!process.argv.includes("--check")) {
      writeFileSync(target, types);
      continue;
    }
    const committed = existsSync(target) ? readFileSync(target, "utf8") : "";
    if (committed !== types) fail(`${file} does not match the OpenAPI document. Run: npm run api:types`);
  }
});

/** @throws {UserError} if there is a document whose name is not that of a further backend */
function assertNoStrayDocuments(): void {
  const names = further.map((backend) => `${slugOf(backend)}.openapi.json`);
  const found = readdirSync(path.join(root, "lib/api")).filter((name) => name.endsWith(".openapi.json"));
  const stray = found.filter((name) => !names.includes(name));
  if (stray.length === 0) return;
  const expected =
    names.length > 0
      ? `lib/routes.ts has further backends for ${names.join(", ")}`
      : "lib/routes.ts has no further backend";
  fail(
    `lib/api/${stray.join(", lib/api/")}: no backend has this name. ${expected}. Rename the file, add the backend, or delete the file (docs/second-backend.md).`,
  );
}

/**
 * The document of the first backend, which `backend/openapi.py` prints. It may read it from the
 * FastAPI at `BACKEND_URL`, which can be in `.env.local`.
 * @throws {UserError} with the last line of its output if it fails
 */
async function printDocument(): Promise<Buffer> {
  const { BACKEND_URL } = readSettings();
  // FastAPI does not start without a secret. The document does not depend on its value.
  const env = {
    ...process.env,
    ...(BACKEND_URL && { BACKEND_URL }),
    JWT_SECRET_KEY: randomBytes(32).toString("base64url"),
    BETTER_AUTH_SECRET: "",
  };
  const python = await ensureVenv();
  const { status, stdout, stderr } = spawnSync(python, ["backend/openapi.py"], { cwd: root, env });
  if (status === 0) return stdout;
  const reason = `${stderr}`.trim().split("\n").at(-1);
  return fail(
    `backend/openapi.py failed: ${reason}. If it reads the document of a FastAPI that is running, start FastAPI, and set BACKEND_URL to its address.`,
  );
}

async function generate(name: string, openapi: Buffer): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-"));
  try {
    const [document, output] = [path.join(folder, "openapi.json"), path.join(folder, "types.ts")];
    writeFileSync(document, openapi);
    // A field with a default may be missing in a request, so its type is optional there. A response
    // always has it, and FastAPI's document marks it as required.
    const args = [document, "--output", output, "--default-non-nullable", "false"];
    await runProcess({ name: "openapi-typescript", command: tool("openapi-typescript"), args });
    const header = `// The OpenAPI document of ${name} as types. Generated by \`npm run api:types\`; do not edit.`;
    return `${header}\n\n${readFileSync(output, "utf8")}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
