import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../scripts/lib/root";

/** A code sample on a page of `docs/`: a fenced block, with the file that its fence names. */
export interface Sample {
  /** The file name of the page, such as `your-fastapi.md`. */
  readonly page: string;
  readonly language: string;
  /** The file that the sample belongs to. Undefined for commands and settings. */
  readonly file: string | undefined;
  readonly text: string;
}

const FENCE = /^```(\S+)(?: (.+))?\n([\s\S]*?)^```$/gm;

/** Reads all samples on the pages of `docs/`. */
export function readSamples(): Sample[] {
  const folder = path.join(root, "docs");
  const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));
  return pages.flatMap((page) =>
    Array.from(
      readFileSync(path.join(folder, page), "utf8").matchAll(FENCE),
      ([, language = "", file, text = ""]) => ({ page, language, file, text }),
    ),
  );
}

/**
 * Writes a sample to the file that its page names.
 * @throws when it names no file, or a diff does not apply
 */
export function applySample({ page, language, file, text }: Sample, folder: string): void {
  if (!file) throw new Error(`${page}: a sample of ${language} that names no file`);
  const target = path.join(folder, file);
  if (language === "diff") {
    writeFileSync(target, patch(readFileSync(target, "utf8"), text, `${page}, ${file}`));
    return;
  }
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}

/**
 * Applies a diff of the pages: each hunk starts with `@@` and has no line numbers. Its old lines
 * must occur exactly once.
 */
function patch(original: string, diff: string, where: string): string {
  const hunks = diff.split(/^@@\n/m).filter(Boolean);
  return hunks.reduce((text, hunk) => {
    const lines = hunk.split("\n").slice(0, -1);
    const side = (sign: string) =>
      lines
        .filter((line) => !line.startsWith(sign))
        .map((line) => `${line.slice(1)}\n`)
        .join("");
    const [before, after] = [side("+"), side("-")];
    const times = text.split(before).length - 1;
    if (times !== 1) throw new Error(`${where}: found ${times} times, and once is wanted:\n${before}`);
    return text.replace(before, () => after);
  }, original);
}
