import { fail } from "../lib/user-error";

/** Lookups per second, as docs/performance.md has them. */
export interface DatabaseFigures {
  /** One `next start` with PostgreSQL on the same machine, each request of a new visitor. */
  readonly perInstance: number;
  /** One connection of PostgreSQL that runs one statement after the other. */
  readonly perConnection: number;
}

/**
 * Reads the figures in the text of docs/performance.md, which `npm run bench` writes.
 * @throws {UserError}
 */
export function readDatabaseFigures(page: string): DatabaseFigures {
  const [, perInstance] = page.match(/lookups per second through PGlite, and (\d+) \(/) ?? [];
  const [, microseconds] = page.match(/sessions in PostgreSQL the gate's statement takes (\d+) \(/) ?? [];
  if (!perInstance || !microseconds) {
    fail(
      'docs/performance.md has no figures of lookups under "Lookups". Run npm run bench to write them again.',
    );
  }
  return { perInstance: Number(perInstance), perConnection: 1_000_000 / Number(microseconds) };
}
