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
  /** All that `parseEnv` finds wrong: "NAME: what is wrong. How to mend it". */
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

export function createContext(settings: Settings, { appUrl, path }: Options, atEnd: AtEnd): Context {
  const problems = problemsOf(settings);
  const unfit = new Set(problems.map((problem) => problem.split(":")[0]));
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

function problemsOf(settings: Settings): readonly string[] {
  try {
    parseEnv(settings);
    return [];
  } catch (error) {
    if (error instanceof EnvError) return error.problems;
    throw error;
  }
}
