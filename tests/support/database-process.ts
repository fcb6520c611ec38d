import { startEmbeddedPostgres } from "../../scripts/lib/embedded-postgres";
import { startNeonEndpoint } from "../../scripts/lib/neon-endpoint";

/**
 * A database in a separate process: `database-process.ts <folder> <port of the endpoint>`. Prints
 * the two addresses as JSON.
 */
const [folder = "", port] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({ dataDir: folder });
const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url, port: Number(port) });
console.log(JSON.stringify({ DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url }));
