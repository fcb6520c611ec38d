import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../scripts/lib/root";
import { DIST_DIR } from "../../scripts/stack/test-stack";

/** The scripts that `next start` loads into the edge runtime. */
function filesWith(text: RegExp): string[] {
  const folder = join(root, DIST_DIR, "server/edge");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".js"),
  );
  expect(files.length).toBeGreaterThan(0);
  return files.filter((file) => text.test(readFileSync(join(folder, file), "utf8")));
}

it("the edge bundle contains none of the guards of the Node server", () => {
  expect(filesWith(/keepSocketAlive|node:http/)).toEqual([]);
});

it("the edge bundle contains neither Better Auth nor Kysely, zod or the database driver", () => {
  expect(filesWith(/BetterAuthError|FAILED_TO_GET_SESSION|kysely|ZodError|NeonDbError/)).toEqual([]);
  // The gate's own lookup is in it, so the folder is the right one.
  expect(filesWith(/Neon-Connection-String/)).not.toEqual([]);
});
