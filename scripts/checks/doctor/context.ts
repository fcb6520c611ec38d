import { neon } from "@neondatabase/serverless";
import { type BackendSettings, readBackend } from "../../../lib/backends";
import { type Env, EnvError, parseEnv } from "../../../lib/env";
import { routes } from "../../../lib/routes";
import type { AtEnd } from "../../lib/main";
import { root } from "../../lib/root";
import { throwAwayEnv } from "../../stack/app-env";
import { openDatabase } from "../../stack/database";
import { createTokenProbe, type TokenProbe } from "./token-probe";

type Settings = Readonly<Record<string, string>>;

/** What the checks work with. */
export interface Context {
  readonly settings: Settings;
  /** The problems of the files and of the values: "NAME: what is wrong. How to fix it". */
  readonly problems: readonly string[];
  /** The configuration. An invalid variable is replaced by a valid value that points nowhere. */
  readonly env: Env;
  /** The address of the running app, and whether it comes from the command line. */
  readonly app: { readonly origin: string; readonly isNamed: boolean };
  /** A path of FastAPI that requires a user. */
  readonly path: string;
  readonly root: string;
  readonly backend: BackendSettings;
  readonly tokenProbe: TokenProbe;
  /**
   * The configuration with which this machine reaches the database. A plain Postgres gets a local
   * endpoint that speaks Neon's protocols.
   */
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
  // Report only the problem of the file: if a value is read differently from how it is written, its
  // other problems follow from that.
  const problems = [...inFiles, ...problemsOf(settings).filter((problem) => !named.has(nameOf(problem)))];
  const invalid = new Set(problems.map(nameOf));
  const valid = Object.fromEntries(Object.entries(settings).filter(([name]) => !invalid.has(name)));
  const source = { ...throwAwayEnv(), ...valid };
  const env = parseEnv(source);
  const backend = readBackend(routes.backends[0], env);
  let opened: Promise<Env> | undefined;
  return {
    settings,
    problems,
    env,
    app: { origin: appUrl ? new URL(appUrl).origin : env.appOrigin, isNamed: appUrl !== undefined },
    path,
    root,
    backend,
    tokenProbe: createTokenProbe(backend.jwt, new URL(backend.url + path).href),
    openDatabase() {
      opened ??= env.neonEndpoint
        ? Promise.resolve(env)
        : openDatabase(env.databaseUrl, atEnd).then((found) => parseEnv({ ...source, ...found }));
      return opened;
    },
  };
}

/**
 * Queries the database without Better Auth. The settings of the driver are global: call `openAuth`
 * first.
 */
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
