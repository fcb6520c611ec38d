import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import project from "../../package.json" with { type: "json" };

/**
 * Files, links and commands named in the Markdown pages exist. The samples of the guides are built
 * and used in tests/system/guides.
 */

const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"])
  .toString()
  .split("\n")
  .filter(Boolean);
const OURS = "app|backend|bench|docs|edge|lib|scripts|tests";

describe.each(pages)("%s", (page) => {
  const text = readFileSync(page, "utf8");
  const all = (pattern: RegExp) => Array.from(text.matchAll(pattern), ([, found = ""]) => found);

  it("links to files that are there", () => {
    const links = all(/\]\(([^)\s]+)\)/g).filter((link) => !/^(https?:|#|mailto:)/.test(link));
    const broken = links.filter(
      (link) => !existsSync(path.join(path.dirname(page), link.split("#")[0] ?? "")),
    );
    expect(broken).toEqual([]);
  });

  it("names files that are there", () => {
    // Decisions describe the code of their time, and samples name files that do not exist yet.
    if (page.startsWith("docs/")) return;
    const names = all(new RegExp(`\`((?:${OURS})/[\\w./()[\\]-]+)\``, "g"));
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });

  it("names commands that there are", () => {
    const names = all(/npm run (?:--silent |-s )?([a-z][\w:-]*)/g);
    expect(names.filter((name) => !(name in project.scripts))).toEqual([]);
  });
});

/** Tests and modules may be named without their extension. */
function exists(name: string): boolean {
  const [folder, base] = [path.dirname(name), path.basename(name)];
  return (
    existsSync(name) ||
    (existsSync(folder) && readdirSync(folder).some((entry) => entry.startsWith(`${base}.`)))
  );
}

describe("docs/README.md", () => {
  it("lists every guide", () => {
    const guides = readdirSync("docs").filter((name) => name.endsWith(".md") && name !== "README.md");
    const text = readFileSync("docs/README.md", "utf8");
    expect(guides.filter((name) => !text.includes(`(${name})`))).toEqual([]);
  });
});
