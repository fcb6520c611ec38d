import { getMigrations } from "better-auth/db/migration";
import { createKeyStore } from "../../../edge/session/key-store";
import { createLookup } from "../../../edge/session/lookup";
import { createNeonQuery } from "../../../edge/session/neon";
import { createApiKey } from "../../../lib/auth/api-key";
import { parseConnectionString, speaksNeon } from "../../../lib/database-protocol";
import type { Env } from "../../../lib/env";
import { createQuery } from "../../../lib/server/auth/database";
import { messageOf } from "../../lib/user-error";
import { openAuth } from "../../stack/auth";
import { type Check, type Finding, failed, passed, warning } from "../check";
import { describeNetworkError } from "../network-error";
import type { Context } from "./context";
import { judgeClock } from "./judge-clock";
import { isLoopback } from "./loopback";

/**
 * Checks the database with Better Auth's own driver and with the gate's own statement, as
 * configured.
 */
export const database: readonly Check<Context>[] = [
  {
    id: "database.encrypted",
    title: "The connection to the database is encrypted, or stays on this machine",
    needs: ["config.DATABASE_URL"],
    run: ({ env }) =>
      isExposed(env)
        ? warning(
            "DATABASE_URL has no sslmode, so the connection is not encrypted",
            "Add ?sslmode=verify-full to DATABASE_URL, and &sslrootcert=/path/of/ca.pem if the server's authority is your own (docs/self-hosting.md)",
          )
        : passed(),
  },
  {
    id: "database.reachable",
    title: "The database responds",
    needs: ["config.DATABASE_URL"],
    run: async ({ env }) => {
      try {
        await createQuery(env)("select 1", []);
        return passed();
      } catch (error) {
        const { reason, fix } = explainDatabaseError(error);
        return failed(reason, fix);
      }
    },
  },
  {
    id: "database.migrated",
    title: "The database has Better Auth's tables and columns",
    needs: ["database.reachable"],
    run: async ({ env }) => {
      const missing = await findMissing(env);
      return missing.length === 0
        ? passed()
        : failed(`it lacks ${listSome(missing)}`, "With the same DATABASE_URL, run: npm run migrate");
    },
  },
  {
    id: "database.lookup",
    title: "The gate's lookups of sessions and API keys work",
    needs: ["database.migrated"],
    run: async ({ openGateDatabase }) => {
      const effects = { fetch, startTimer, now: Date.now };
      try {
        const database = await openGateDatabase();
        // No session has this token, and nobody has this key.
        await createLookup(createNeonQuery(database, effects))("doctor", Date.now(), { extend: false });
        await createKeyStore(database, effects)(createApiKey());
        return passed();
      } catch (error) {
        return failed(
          messageOf(error),
          "Give the user in DATABASE_URL the rights SELECT, UPDATE and DELETE on session, SELECT and UPDATE on apiKey, and SELECT on user (with organisations also on member and organization)",
        );
      }
    },
  },
  {
    id: "database.clock",
    title: "The database's clock",
    needs: ["database.reachable"],
    run: async ({ env }) => {
      const before = Date.now();
      const text = "select extract(epoch from clock_timestamp())::float8 as seconds";
      const [row] = await createQuery(env)(text, []);
      const here = (before + Date.now()) / 2;
      return judgeClock("the database's clock", Number(row?.seconds) - here / 1000);
    },
  },
];

/** Whether what is sent to the database can be read on a network. Neon is always encrypted. */
function isExposed(env: Env): boolean {
  if (speaksNeon(env)) return false;
  const { hostname, searchParams } = parseConnectionString(env.databaseUrl);
  return !isLoopback(hostname) && (searchParams.get("sslmode") ?? "disable") === "disable";
}

function startTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

async function findMissing(env: Env): Promise<string[]> {
  const plan = await getMigrations(openAuth(env).options, { throwOnUnsafe: false });
  return [
    ...plan.toBeCreated.map(({ table }) => `table ${table}`),
    ...plan.toBeAdded.flatMap(({ table, fields }) => Object.keys(fields).map((field) => `${table}.${field}`)),
    ...plan.toBeAddedIndexes.map(({ name }) => `index ${name}`),
  ];
}

function listSome(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(", ");
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}

const CORRECT_URL = "Correct DATABASE_URL (Neon's console shows the connection string under Connect)";

/** Explains an error of Postgres or of the network, and how to fix it. */
export function explainDatabaseError(error: unknown): Finding {
  const message = messageOf(error);
  const { code, sourceError } = error as { code?: string; sourceError?: unknown };
  if (/password authentication failed/i.test(message) || code === "28P01") {
    return { reason: "the database refuses the user or the password", fix: CORRECT_URL };
  }
  if (code === "3D000" || /database .* does not exist/i.test(message)) {
    return { reason: "the server has no database of that name", fix: CORRECT_URL };
  }
  if (/endpoint .*(not found|does not exist)/i.test(message)) {
    return { reason: "Neon has no such endpoint", fix: CORRECT_URL };
  }
  if (code === "28000") {
    return {
      reason: "the database refuses this user from this machine, or refuses unencrypted connections",
      fix: "Add a line for them to pg_hba.conf, or add ?sslmode=verify-full to DATABASE_URL",
    };
  }
  if (/does not support SSL/.test(message)) {
    return {
      reason: "the database accepts no encrypted connections",
      fix: "Switch ssl on in postgresql.conf, or use sslmode=disable on a network that you trust",
    };
  }
  const description = describeNetworkError(sourceError ?? error);
  if (/certificate/.test(description)) {
    return {
      reason: `the database ${description}`,
      fix: "Add sslrootcert=/path/of/ca.pem to DATABASE_URL, with the certificate of the server's authority, and use the host name of the certificate",
    };
  }
  return {
    reason: `the database ${description}`,
    fix: `Start it and check that this machine can reach it. ${CORRECT_URL}`,
  };
}
