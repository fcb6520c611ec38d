import { startEmbeddedPostgres } from "../../scripts/lib/embedded-postgres";
import { startNeonEndpoint } from "../../scripts/lib/neon-endpoint";

/** A database in a process of its own: `database-process.ts <folder> <port of the endpoint>`. It prints the two addresses. */
const [folder = "", port] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres({ dataDir: folder });
const endpoint = await startNeonEndpoint({ databaseUrl: postgres.url, port: Number(port) });
console.log(JSON.stringify({ DATABASE_URL: postgres.url, NEON_ENDPOINT: endpoint.url }));
