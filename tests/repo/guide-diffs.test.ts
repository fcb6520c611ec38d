import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { applySample, readSamples } from "../fixtures/guides";

/**
 * The diffs of the guides apply to the files of this repository. The tests in `tests/system` also
 * build and use the samples, and take minutes.
 */

const samples = readSamples();
/** `existing-app.md` has parts of a patch: `tests/repo/existing-app.test.ts` compares them. */
const pages = [
  ...new Set(samples.filter(({ language }) => language === "diff").map(({ page }) => page)),
].filter((page) => page !== "existing-app.md");
/** Pages that continue another one. */
const AFTER: Record<string, string> = { "static-pages.md": "add-a-page.md" };
/** Files that a page has moved before. */
const MOVED: Record<string, string> = { "proxy.ts": "middleware.ts" };

describe("the diffs apply to the files that they name on docs/", () => {
  it.each(pages)("%s", (page) => {
    const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-diffs-"));
    const parts = [AFTER[page], page].flatMap((name) => samples.filter((sample) => sample.page === name));
    try {
      for (const { file = "", ...sample } of parts) {
        if (sample.language === "diff") copyOnce(file, folder);
        if (file) expect(() => applySample({ ...sample, file }, folder)).not.toThrow();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function copyOnce(file: string, folder: string): void {
  const target = path.join(folder, file);
  if (existsSync(target)) return;
  mkdirSync(path.dirname(target), { recursive: true });
  cpSync(MOVED[file] ?? file, target);
}
