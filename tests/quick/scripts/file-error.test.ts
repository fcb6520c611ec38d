import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { explainFileError } from "../../../scripts/lib/file-error";
import { root } from "../../../scripts/lib/root";

const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-file-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("no error was thrown");
}

describe("explainFileError", () => {
  it("explains a folder in the place of a file", () => {
    const error = errorOf(() => writeFileSync(folder, "x"));
    expect(explainFileError(error)).toBe(
      `${folder} cannot be used (EISDIR: illegal operation on a directory). A folder is in the place of a file: move it away.`,
    );
  });

  it("explains a file in the place of a folder", () => {
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    expect(explainFileError(errorOf(() => mkdirSync(path.join(file, "logs"))))).toContain("move it away");
  });

  it("names a file of the project by its relative path", () => {
    const file = path.join(root, ".env.local");
    const error = Object.assign(new Error(`EACCES: permission denied, open '${file}'`), {
      code: "EACCES",
      path: file,
    });
    expect(explainFileError(error)).toMatch(
      /^\.env\.local cannot be used \(EACCES: permission denied\)\. This user /,
    );
  });

  it.each([new TypeError("x"), "EACCES", Object.assign(new Error("x"), { code: "ECONNREFUSED" })])(
    "leaves other errors alone: %s",
    (error) => expect(explainFileError(error)).toBeUndefined(),
  );
});
