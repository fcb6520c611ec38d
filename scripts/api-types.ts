import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { main } from "./lib/main";
import { runProcess } from "./lib/process";
import { step } from "./lib/progress";
import { root } from "./lib/root";
import { ensureTools, tool } from "./lib/tools";
import { fail } from "./lib/user-error";
import { ensureVenv } from "./stack/backend";

/**
 * Writes the types of FastAPI's OpenAPI document to `lib/api/types.ts`. With `--check` it only
 * compares them.
 */

const FILE = path.join(root, "lib/api/types.ts");
const HEADER = "// FastAPI's OpenAPI document as types. Made by `npm run api:types`; do not edit.\n\n";

main(async () => {
  const types = await step("Read FastAPI's OpenAPI document", generate);
  if (!process.argv.includes("--check")) {
    writeFileSync(FILE, types);
    return;
  }
  const committed = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
  if (committed !== types) fail("lib/api/types.ts is not what FastAPI says now. Run: npm run api:types");
});

async function generate(): Promise<string> {
  const python = await ensureVenv();
  await ensureTools();
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-"));
  try {
    const [document, output] = [path.join(folder, "openapi.json"), path.join(folder, "types.ts")];
    // FastAPI does not start without a secret. The document does not depend on its value.
    const env = {
      ...process.env,
      JWT_SECRET_KEY: randomBytes(32).toString("base64url"),
      BETTER_AUTH_SECRET: "",
    };
    writeFileSync(document, execFileSync(python, ["backend/openapi.py"], { cwd: root, env }));
    // A field with a default may be missing in a request, so its type is optional there. A response
    // always has it, and FastAPI's document marks it as required.
    const args = [document, "--output", output, "--default-non-nullable", "false"];
    await runProcess({ name: "openapi-typescript", command: tool("openapi-typescript"), args });
    return HEADER + readFileSync(output, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
