import "server-only";
import { Server } from "node:http";

/** The HTTP server of the gate's lookups. The class distinguishes it from the server of the app. */
export class LookupServer extends Server {}
