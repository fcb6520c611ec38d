import type { NextRequest } from "next/server";
import { createGate } from "./edge/gate";
import { createStore } from "./edge/store";
import { log } from "./lib/console-log";
import { loadEnv } from "./lib/env";

const env = loadEnv();

const gate = createGate(env, {
  askStore: createStore(async () => {
    const [{ createAuth }, { createDatabase }] = await Promise.all([
      import("./lib/auth"),
      import("./lib/db"),
    ]);
    return createAuth(env, createDatabase(env));
  }),
  fetch,
  now: Date.now,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  randomId: () => crypto.randomUUID(),
  log,
});

export default function middleware(request: NextRequest): Response | Promise<Response> {
  return gate(request);
}

/** Everything but Next's build output and the files that a browser asks for by itself. Exact and anchored. */
export const config = {
  matcher: ["/((?!_next/static/|_next/image$|favicon\\.ico$|icon\\.svg$|robots\\.txt$).*)"],
};
