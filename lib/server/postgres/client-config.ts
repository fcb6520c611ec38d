import "server-only";
import { readFileSync } from "node:fs";
import type { ClientConfig } from "pg";
import { parseConnectionString } from "../../database-protocol";
import { EnvError } from "../../env";

/**
 * Reads a connection string that `lib/addresses.ts` has checked. Not by `pg`: it prints a warning for
 * each `sslmode` except `verify-full`, and takes any other option from the string too.
 *
 * Each `sslmode` except `disable` means the same: the connection is encrypted, and the server's
 * certificate is valid for the host and comes from an authority that is trusted. libpq verifies less
 * with `require` and `verify-ca`. Without `sslmode` the connection is not encrypted.
 *
 * @throws {EnvError} if the file of `sslrootcert` cannot be read
 */
export function readClientConfig(databaseUrl: string): ClientConfig {
  const { hostname, port, username, password, pathname, searchParams } = parseConnectionString(databaseUrl);
  const mode = searchParams.get("sslmode") ?? "disable";
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 5432),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password) || undefined,
    database: decodeURIComponent(pathname.slice(1)),
    ssl: mode !== "disable" && { ca: readAuthorities(searchParams.get("sslrootcert")) },
    application_name: searchParams.get("application_name") ?? "gatehouse",
    options: searchParams.get("options") ?? undefined,
  };
}

/** Undefined: the authorities that Node trusts. libpq calls these `system`. */
function readAuthorities(file: string | null): string | undefined {
  if (file === null || file === "system") return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new EnvError([
      `DATABASE_URL: sslrootcert is ${file}, which cannot be read (${code}). Let this user read it, or correct the path`,
    ]);
  }
}
