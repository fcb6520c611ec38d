import { getAuthTables } from "better-auth/db";
import { expect, it } from "vitest";
import { parseEnv } from "../../../lib/env";
import { EXPIRING_TABLES } from "../../../scripts/lib/prune-tables";
import { openAuth } from "../../../scripts/stack/auth";
import { testEnv } from "../../../scripts/stack/test-stack";

it("npm run sessions prunes every table of Better Auth whose rows expire", () => {
  const tables = Object.values(getAuthTables(openAuth(parseEnv(testEnv({}))).options));
  const expiring = tables.filter(({ fields }) => "expiresAt" in fields || "lastRequest" in fields);
  expect(expiring.map(({ modelName }) => modelName).sort()).toEqual(Object.keys(EXPIRING_TABLES).sort());
});
