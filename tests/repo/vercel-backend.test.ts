import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { trackedFiles } from "../fixtures/tracked-files";

/**
 * `backend/` is a project of its own on Vercel, without settings. tests/artifact/vercel-backend
 * builds it, in the full run.
 */

const files = [...trackedFiles()];

it("backend/ has the files by which Vercel recognises FastAPI and its packages", () => {
  expect(files).toEqual(expect.arrayContaining(["backend/main.py", "backend/requirements.txt"]));
  expect(readFileSync("backend/main.py", "utf8")).toMatch(/^app = /m);
});

it("backend/ has no file from which Vercel would read packages instead of requirements.txt", () => {
  const others = ["pyproject.toml", "Pipfile", "Pipfile.lock", "uv.lock", "requirements.frozen.txt"];
  expect(files.filter((file) => others.some((name) => file === `backend/${name}`))).toEqual([]);
});

it("the upload of backend/ has all of its files except the tests", () => {
  const args = ["ls-files", "--cached", "--others", "--ignored", "--exclude-from=.vercelignore", "backend"];
  const ignored = execFileSync("git", args, { encoding: "utf8" }).split("\n").filter(Boolean);
  expect(ignored.filter((file) => files.includes(file) && !file.startsWith("backend/tests/"))).toEqual([]);
});
