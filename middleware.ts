import type { NextRequest } from "next/server";
import { createGate, type Gate } from "./edge/gate";
import type { Observer } from "./edge/observe/observer";
import type { GateOptions } from "./edge/options";
import { createKeyStore } from "./edge/session/key-store";
import { createStore } from "./edge/session/store";
import { contentSources } from "./lib/csp";
import { loadEnv } from "./lib/env";
import { log } from "./lib/log/console-log";
import { routes } from "./lib/routes";

const env = loadEnv();

const effects = {
  fetch,
  now: Date.now,
  startTimer(ms: number, run: () => void) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The session store is in the gate's database, which need not be the database of the Node server. */
const storeEnv = { ...env, ...env.gateDatabase };

const options: GateOptions = {
  ...env,
  ...effects,
  routes,
  publicFiles: JSON.parse(__PUBLIC_FILES__),
  contentSources,
  store: createStore(storeEnv, effects),
  keyStore: createKeyStore(storeEnv, effects),
  randomId: () => crypto.randomUUID(),
  log,
  observers: [],
};

const gate = __TRACING__ || __DEVELOPMENT__ ? createObservedGate() : createGate(options);

/**
 * The gate with its observers: spans where traces are exported, the inspector in development. Each
 * observer is imported behind a build constant, so that no other build contains it.
 */
async function createObservedGate(): Promise<Gate> {
  let observed = options;
  const observers: Observer[] = [];
  if (__TRACING__) {
    const { addActiveTrace, tracingObserver } = await import("./edge/observe/tracing");
    observers.push(tracingObserver);
    observed = { ...options, log: addActiveTrace(log) };
  }
  if (__DEVELOPMENT__) {
    const { createInspector } = await import("./edge/observe/inspector/inspector");
    const inspector = createInspector({ ...options, clock: () => performance.now() });
    return inspector.serve(createGate({ ...observed, observers: [inspector.observer, ...observers] }));
  }
  return createGate({ ...observed, observers });
}

export default function middleware(request: NextRequest): Response | Promise<Response> {
  return gate instanceof Promise ? gate.then((ready) => ready(request)) : gate(request);
}

/**
 * All paths except Next's build output and its image optimizer, which requests the image through
 * the gate. Each pattern is one exact path or one whole folder, so that no other path can bypass the
 * gate.
 */
export const config = {
  // The first entry is for the home page of an app with a base path, which the second one leaves out.
  matcher: ["/", "/((?!_next/static/|_next/image$).*)"],
};
