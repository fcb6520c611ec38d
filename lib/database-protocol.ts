/** The two variables that name the database. */
export interface DatabaseAddress {
  /** A Postgres connection string. */
  readonly databaseUrl: string;
  /** The origin of an endpoint that speaks Neon's protocols, if it is not Neon's own. */
  readonly neonEndpoint: string | undefined;
}

/**
 * Whether the app speaks Neon's protocols with this database: it does with Neon itself, and with the
 * endpoint of NEON_ENDPOINT. With every other database it speaks Postgres's own protocol. No other
 * code decides this.
 */
export function speaksNeon({ databaseUrl, neonEndpoint }: DatabaseAddress): boolean {
  return neonEndpoint !== undefined || isNeonHost(parseConnectionString(databaseUrl).hostname);
}

/** `host`: in lower case. */
export function isNeonHost(host: string): boolean {
  return host.endsWith(".neon.tech");
}

/**
 * Parses a connection string as if it were http: only for a scheme that it knows does the URL parser
 * read user, host and port.
 */
export function parseConnectionString(databaseUrl: string): URL {
  return new URL(databaseUrl.replace(/^[a-z]+:/i, "http:"));
}
