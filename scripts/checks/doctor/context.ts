import { gateStatements } from "../../../edge/session/statement";
import { type BackendSettings, readBackend } from "../../../lib/backends";
import { type DatabaseAddress, speaksNeon } from "../../../lib/database-protocol";
import { type Env, EnvError, parseEnv, toGateDatabase } from "../../../lib/env";
import { routes } from "../../../lib/routes";
import { startLookupListener } from "../../../lib/server/postgres/lookup-listener";
import { openPool } from "../../../lib/server/postgres/pool";
import type { AtEnd } from "../../lib/main";
import { root } from "../../lib/root";
import { throwAwayEnv } from "../../stack/app-env";
import { findPath } from "../find-path";
import { createTokenProbe, type TokenProbe } from "./token-probe";

type Settings = Readonly<Record<string, string>>;

/** What the checks work with. */
export interface Context {
  readonly settings: Settings;
  /** The problems of the files and of the values: "NAME: what is wrong. How to fix it". */
  readonly problems: readonly string[];
  /** The configuration. An invalid variable is replaced by a valid value that points nowhere. */
  readonly env: Env;
  /**
   * The variables that are not set here, although they have no default. If there are any and the
   * address of the app was given, it is checked only from outside.
   */
  readonly notSet: readonly string[];
  /** The address of the running app, and whether it comes from the command line. */
  readonly app: { readonly origin: string; readonly isNamed: boolean };
  readonly root: string;
  /** In the order of `routes.backends`. */
  readonly backends: readonly BackendContext[];
  /** Where the gate sends its lookups: a database that is not Neon's gets a listener here too. */
  readonly openGateDatabase: () => Promise<DatabaseAddress>;
}

/** What the checks of one backend work with. */
export interface BackendContext {
  readonly settings: BackendSettings;
  /** A path of it that requires a user, without its prefix. */
  readonly path: string;
  readonly tokenProbe: TokenProbe;
}

export interface Options {
  readonly appUrl: string | undefined;
  /** Paths that require a user. Those of the first backend have no prefix, the others have theirs. */
  readonly paths: readonly string[];
}

/** The variables that have no default. */
export const REQUIRED = [
  "BETTER_AUTH_URL",
  "BETTER_AUTH_SECRET",
  "JWT_SECRET_KEY",
  "DATABASE_URL",
  ...routes.backends.map(({ address }) => address),
];

export function createContext(
  { settings, problems: inFiles }: { settings: Settings; problems: readonly string[] },
  { appUrl, paths }: Options,
  atEnd: AtEnd,
): Context {
  const named = new Set(inFiles.map(nameOf));
  // Report only the problem of the file: if a value is read differently from how it is written, its
  // other problems follow from that.
  const problems = [...inFiles, ...problemsOf(settings).filter((problem) => !named.has(nameOf(problem)))];
  const invalid = new Set(problems.map(nameOf));
  const valid = Object.fromEntries(Object.entries(settings).filter(([name]) => !invalid.has(name)));
  const env = parseEnv({ ...throwAwayEnv(), ...valid });
  return {
    settings,
    problems,
    env,
    notSet: REQUIRED.filter((name) => !settings[name]),
    app: { origin: appUrl ? new URL(appUrl).origin : env.appOrigin, isNamed: appUrl !== undefined },
    root,
    backends: routes.backends.map((backend) => {
      const settings = readBackend(backend, env);
      const path = findPath(paths, backend, routes.backends);
      return {
        settings,
        path,
        tokenProbe: createTokenProbe(settings.jwt, new URL(settings.url + path).href),
      };
    }),
    async openGateDatabase() {
      if (speaksNeon(env)) return env;
      const listener = await startLookupListener(await openPool(env), gateStatements());
      atEnd(listener.close);
      return toGateDatabase(listener.connectionString);
    },
  };
}

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
