import { neon } from "@neondatabase/serverless";
import { type Env, EnvError, parseEnv } from "../../lib/env";
import { throwAwayEnv } from "../lib/app-env";
import { openDatabase } from "../lib/database";
import type { AtEnd } from "../lib/main";
import { root } from "../lib/root";
import { createProbe, type Probe } from "./probe";

type Settings = Readonly<Record<string, string>>;

/** What the checks look at. */
export interface Context {
  readonly settings: Settings;
  /** All that is wrong with the files and the values: "NAME: what is wrong. How to fix it". */
  readonly problems: readonly string[];
  /** The configuration; in the place of an unfit variable stands a value that leads nowhere. */
  readonly env: Env;
  /** The running app that is looked at from outside, and whether it was named on the command line. */
  readonly app: { readonly origin: string; readonly isNamed: boolean };
  /** A path of FastAPI that wants a user. */
  readonly path: string;
  readonly root: string;
  readonly probe: Probe;
  /** The configuration as the database is reached with it: a plain Postgres goes behind an endpoint of our own. */
  readonly openDatabase: () => Promise<Env>;
}

export interface Options {
  readonly appUrl: string | undefined;
  readonly path: string;
}

export function createContext(
  { settings, problems: inFiles }: { settings: Settings; problems: readonly string[] },
  { appUrl, path }: Options,
  atEnd: AtEnd,
): Context {
  const named = new Set(inFiles.map(nameOf));
  // A value that is not read as it is written explains whatever else is wrong with it.
  const problems = [...inFiles, ...problemsOf(settings).filter((problem) => !named.has(nameOf(problem)))];
  const unfit = new Set(problems.map(nameOf));
  const fit = Object.fromEntries(Object.entries(settings).filter(([name]) => !unfit.has(name)));
  const source = { ...throwAwayEnv(), ...fit };
  const env = parseEnv(source);
  let opened: Promise<Env> | undefined;
  return {
    settings,
    problems,
    env,
    app: { origin: appUrl ? new URL(appUrl).origin : env.appOrigin, isNamed: appUrl !== undefined },
    path,
    root,
    probe: createProbe(env.jwt, new URL(env.backendUrl + path).href),
    openDatabase() {
      opened ??= env.neonEndpoint
        ? Promise.resolve(env)
        : openDatabase(env.databaseUrl, atEnd).then((found) => parseEnv({ ...source, ...found }));
      return opened;
    },
  };
}

/** One query, outside of Better Auth. The driver's settings are global: `openAuth` has made them. */
export const sqlOf = (env: Env) => neon(env.databaseUrl);

const nameOf = (problem: string) => problem.split(":")[0] ?? "";

function problemsOf(settings: Settings): readonly string[] {
  try {
    parseEnv(settings);
    return [];
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
}
