import * as imported from "@next/env";
import { EnvError, variableNames } from "./env";

/**
 * Reads `.env*` files with Next's own loader. No other code reads these files. For Node only:
 * `next.config.ts` and the scripts use it.
 */

/**
 * The package is CommonJS. In an ES module Node puts its exports under `default`. Next, which
 * compiles its configuration, does not.
 */
const nextEnv = (imported as { default?: typeof imported }).default ?? imported;

type Variables = Record<string, string | undefined>;
type EnvFile = imported.LoadedEnvFiles[number];

export interface LoadedEnv {
  /** The variables of the files, overridden by the environment, as Next reads both. */
  readonly variables: Variables;
  /** Problems in the text of the files. Each has the form "NAME: what is wrong. How to fix it". */
  readonly problems: readonly string[];
}

/**
 * Loads `.env.local` and the other `.env*` files into the environment, like Next: same files, order
 * and syntax. In a process in which Next has already loaded them, only the list of problems is new.
 */
export function loadEnvFiles(dir: string, { dev = false, reload = false } = {}): LoadedEnv {
  const unreadable: string[] = [];
  // A file that cannot be read is not treated as missing: its variables would be reported as not
  // set.
  const error = (message: string, cause: Error) => {
    const file = message.replace(/^Failed to load env from /, "");
    unreadable.push(
      `${file}: cannot be read (${cause.message.split(",")[0]}). Let this user read it, or remove it`,
    );
  };
  const { combinedEnv, loadedEnvFiles } = nextEnv.loadEnvConfig(dir, dev, { ...console, error }, reload);
  const environment = nextEnv.initialEnv ?? {};
  // If a file names a variable that is also in the environment, @next/env expands the `$` in the
  // environment's value too. The value as it was set must win.
  Object.assign(combinedEnv, environment);
  return { variables: combinedEnv, problems: [...unreadable, ...findProblems(loadedEnvFiles, environment)] };
}

/** Restores the environment of this process to its state before {@link loadEnvFiles}. */
export const restoreEnv = nextEnv.resetEnv;

/**
 * @throws {EnvError} if the value read for a variable of this app differs from the text in the file
 */
export function assertEnvFiles(dir: string): void {
  const { problems } = loadEnvFiles(dir);
  if (problems.length > 0) throw new EnvError(problems);
}

/**
 * Finds values that differ from the text in the file. Docker, systemd, a shell and Python's dotenv
 * each read such a line differently, so FastAPI could get another value than the gate.
 */
function findProblems(files: readonly EnvFile[], environment: Variables): string[] {
  const ours = new Set(variableNames());
  const found = new Map<string, string>();
  const known = new Set(Object.keys(environment).filter((name) => environment[name]));
  for (const { env } of files) for (const name in env) if (env[name]) known.add(name);

  const seen = new Set(Object.keys(environment));
  for (const { path, contents, env } of files) {
    if (/[\0\ufffd]/.test(contents)) found.set(path, `${path}: is not UTF-8 text. Save it as UTF-8`);
    for (const [name, value] of Object.entries(env)) {
      // The first file that names a variable wins. Later files are ignored for it.
      if (!ours.has(name) || seen.has(name)) continue;
      seen.add(name);
      const problem = describeDifference(writtenValue(contents, name), value ?? "", known);
      if (problem) found.set(name, `${name}: ${problem.replaceAll("FILE", path)}`);
    }
  }
  return [...found.values()];
}

const REFERENCE = /(?<!\\)\$(\{?)(\w+)(:-[^}\\]*)?/g;

/**
 * Describes why the value that was read differs from the text in the file. Undefined if they are
 * the same. The message does not contain the value: most values are secrets.
 */
function describeDifference(
  written: string | undefined,
  value: string,
  known: ReadonlySet<string>,
): string | undefined {
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
 * The text after `NAME=`, without surrounding quotes and without a comment at the end of the line.
 * The rest is unchanged. Undefined if an opening quote is not closed at the end of the line.
 */
function writtenValue(contents: string, name: string): string | undefined {
  const line = new RegExp(`^\\s*(?:export\\s+)?${name}(?:\\s*=|:\\s)(.*)$`, "gm");
  const text = [...contents.replace(/\r\n?/g, "\n").matchAll(line)].at(-1)?.[1];
  if (text === undefined) return undefined;
  if (/^\s*["'`]/.test(text)) return /^\s*(["'`])((?:(?!\1).)*)\1\s*(?:\s#.*)?$/.exec(text)?.[2];
  return text.replace(/\s#.*$/, "").trim();
}
