import { getMigrations } from "better-auth/db/migration";
import type { Env } from "../../../lib/env";
import { openAuth } from "../../stack/auth";
import { inWords } from "./ask";
import { type Check, type Finding, fail, ok, warn } from "./check";
import { judgeClock } from "./clock";
import { sqlOf } from "./context";

/** Checks the database with Better Auth's own driver, as configured. */
export const database: readonly Check[] = [
  {
    id: "database.driver",
    title: "The app's driver can speak to the database",
    needs: ["config.DATABASE_URL"],
    run: ({ env }) =>
      env.neonEndpoint || new URL(env.databaseUrl).hostname.endsWith(".neon.tech")
        ? ok()
        : warn(
            "DATABASE_URL is not Neon's, and the driver speaks only Neon's protocol",
            "Set NEON_ENDPOINT to an endpoint that speaks it, or use Neon; `npm run up` brings an endpoint of its own",
          ),
  },
  {
    id: "database.reachable",
    title: "The database answers",
    needs: ["config.DATABASE_URL"],
    run: async ({ openDatabase }) => {
      try {
        const env = await openDatabase();
        openAuth(env);
        await sqlOf(env)`select 1`;
        return ok();
      } catch (error) {
        const { reason, mend } = explain(error);
        return fail(reason, mend);
      }
    },
  },
  {
    id: "database.migrated",
    title: "The database has Better Auth's tables and columns",
    needs: ["database.reachable"],
    run: async ({ openDatabase }) => {
      const missing = await missingIn(await openDatabase());
      return missing.length === 0
        ? ok()
        : fail(`it lacks ${listed(missing)}`, "Run with the same DATABASE_URL: npm run migrate");
    },
  },
  {
    id: "database.clock",
    title: "The database's clock",
    needs: ["database.reachable"],
    run: async ({ openDatabase }) => {
      const sql = sqlOf(await openDatabase());
      const before = Date.now();
      const [row] = await sql`select extract(epoch from clock_timestamp())::float8 as seconds`;
      const here = (before + Date.now()) / 2;
      return judgeClock("the database's clock", Number(row?.seconds) - here / 1000);
    },
  },
];

async function missingIn(env: Env): Promise<string[]> {
  const plan = await getMigrations(openAuth(env).options, { throwOnUnsafe: false });
  return [
    ...plan.toBeCreated.map(({ table }) => `table ${table}`),
    ...plan.toBeAdded.flatMap(({ table, fields }) => Object.keys(fields).map((field) => `${table}.${field}`)),
    ...plan.toBeAddedIndexes.map(({ name }) => `index ${name}`),
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(", ");
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

const CORRECT_URL = "Correct DATABASE_URL; Neon's console shows the connection string under Connect";

/** Explains an error of Postgres or of the network, and how to fix it. */
export function explain(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const { code, sourceError } = error as { code?: string; sourceError?: unknown };
  if (/password authentication failed/i.test(message) || code === "28P01") {
    return { reason: "the database refuses the user or the password", mend: CORRECT_URL };
  }
  if (code === "3D000" || /database .* does not exist/i.test(message)) {
    return { reason: "the server has no database of that name", mend: CORRECT_URL };
  }
  if (/endpoint .*(not found|does not exist)/i.test(message)) {
    return { reason: "Neon knows no such endpoint", mend: CORRECT_URL };
  }
  const words = inWords(sourceError ?? error);
  return { reason: `the database ${words}`, mend: `Start it and let this machine reach it. ${CORRECT_URL}` };
}
