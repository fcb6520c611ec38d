import * as imported from "@next/env";
import { EnvError, variableNames } from "./env";

/**
 * The one reader of `.env*` files: Next's own. For Node only: `next.config.ts` and the scripts.
 */

/** CommonJS: Node puts it under `default` of an ES module, and Next, which compiles its configuration, does not. */
const nextEnv = (imported as { default?: typeof imported }).default ?? imported;

type Variables = Record<string, string | undefined>;
type EnvFile = imported.LoadedEnvFiles[number];

export interface LoadedEnv {
  /** The environment over the files, as Next reads both. */
  readonly variables: Variables;
  /** What is wrong with the text of the files: "NAME: what is wrong. How to fix it". */
  readonly problems: readonly string[];
}

/**
 * Loads `.env.local` and its siblings into the environment, as Next does: same files, order and syntax.
 * In a process where Next has loaded them already, this adds the checks and {@link EnvError} alone.
 */
export function loadEnvFiles(dir: string, { dev = false, reload = false } = {}): LoadedEnv {
  const unreadable: string[] = [];
  // A file that cannot be read is not a file that is missing: what it holds would be reported as not set.
  const error = (message: string, cause: Error) => {
    const file = message.replace(/^Failed to load env from /, "");
    unreadable.push(
      `${file}: cannot be read (${cause.message.split(",")[0]}). Let this user read it, or remove it`,
    );
  };
  const { combinedEnv, loadedEnvFiles } = nextEnv.loadEnvConfig(dir, dev, { ...console, error }, reload);
  const given = nextEnv.initialEnv ?? {};
  // Where a file names a variable that the environment holds, @next/env expands the `$` of the environment's
  // value as well. The value that was set is the one that counts.
  Object.assign(combinedEnv, given);
  return { variables: combinedEnv, problems: [...unreadable, ...findProblems(loadedEnvFiles, given)] };
}

/** The environment of this process as it was before {@link loadEnvFiles}. */
export const forgetEnvFiles = nextEnv.resetEnv;

/** @throws {EnvError} when a variable of ours is not read as it is written */
export function assertEnvFiles(dir: string): void {
  const { problems } = loadEnvFiles(dir);
  if (problems.length > 0) throw new EnvError(problems);
}

/**
 * Finds values that are not read as they are written. Docker, systemd, a shell and Python's dotenv each read such
 * a line in their own way, so FastAPI could get another value than the gate.
 */
function findProblems(files: readonly EnvFile[], given: Variables): string[] {
  const ours = new Set(variableNames());
  const found = new Map<string, string>();
  const known = new Set(Object.keys(given).filter((name) => given[name]));
  for (const { env } of files) for (const name in env) if (env[name]) known.add(name);

  const seen = new Set(Object.keys(given));
  for (const { path, contents, env } of files) {
    if (/[\0\ufffd]/.test(contents)) found.set(path, `${path}: is not UTF-8 text. Save it as UTF-8`);
    for (const [name, value] of Object.entries(env)) {
      // The first file that names a variable wins; later ones are not read for it.
      if (!ours.has(name) || seen.has(name)) continue;
      seen.add(name);
      const problem = compare(writtenValue(contents, name), value ?? "", known);
      if (problem) found.set(name, `${name}: ${problem.replaceAll("FILE", path)}`);
    }
  }
  return [...found.values()];
}

const REFERENCE = /(?<!\\)\$(\{?)(\w+)(:-[^}\\]*)?/g;

/** The values themselves are not in the message: most are secrets. */
function compare(written: string | undefined, value: string, known: ReadonlySet<string>): string | undefined {
  const references = [...(written ?? "").matchAll(REFERENCE)];
  for (const [, brace, name = "", fallback] of references) {
    if (brace === "" || (!known.has(name) && !fallback)) {
      return (
        "holds a $ in FILE that is read as the beginning of a variable's name. Write \\$ for the character " +
        "(%24 in an address), or put the name of a variable that is set in braces"
      );
    }
  }
  if (references.length > 0 || written?.replaceAll("\\$", "$") === value) return undefined;
  return (
    "is not read from FILE as it is written there: #, quotes, \\n and line breaks have a meaning of their own. " +
    "Put the whole value on one line, in single quotes"
  );
}

/**
 * The text behind `NAME=`, without the quotes around it and the comment behind it, and otherwise as it stands.
 * Undefined where a quote opens that does not close at the end of the line.
 */
function writtenValue(contents: string, name: string): string | undefined {
  const line = new RegExp(`^\\s*(?:export\\s+)?${name}(?:\\s*=|:\\s)(.*)$`, "gm");
  const text = [...contents.replace(/\r\n?/g, "\n").matchAll(line)].at(-1)?.[1];
  if (text === undefined) return undefined;
  if (/^\s*["'`]/.test(text)) return /^\s*(["'`])((?:(?!\1).)*)\1\s*(?:\s#.*)?$/.exec(text)?.[2];
  return text.replace(/\s#.*$/, "").trim();
}
