import type { NextRequest } from "next/server";
import { createGate, type Gate, type Watch } from "./edge/gate";
import { createStore } from "./edge/session/store";
import type { Effects } from "./edge/steps";
import type { StartTimer } from "./edge/util/single-flight";
import { loadEnv } from "./lib/env";
import { log } from "./lib/log/console-log";

const env = loadEnv();

const startTimer: StartTimer = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

const effects: Effects = {
  store: createStore(env, { fetch, now: Date.now, startTimer }),
  fetch,
  now: Date.now,
  startTimer,
  randomId: () => crypto.randomUUID(),
  log,
};

const gate = __TRACING__ || __DEVELOPMENT__ ? openWatched() : createGate(env, effects);

/**
 * The gate with its observers: spans where traces are exported, the page `/dev/gate` in development.
 * Each observer is imported behind a build constant, so that no other build contains it.
 */
async function openWatched(): Promise<Gate> {
  let open = (watch?: Watch): Gate => createGate(env, effects, watch);
  if (__TRACING__) {
    const { withSpans, inTrace } = await import("./edge/observe/tracing");
    const traced = { ...effects, log: inTrace(log) };
    open = (watch = (steps) => steps) => createGate(env, traced, (steps) => watch(withSpans(steps)));
  }
  if (__DEVELOPMENT__) {
    const { createInspector } = await import("./edge/observe/inspector/inspector");
    const inspector = createInspector({ ...effects, clock: () => performance.now() });
    return inspector.around(open(inspector.watch));
  }
  return open();
}

export default function middleware(request: NextRequest): Response | Promise<Response> {
  return gate instanceof Promise ? gate.then((ready) => ready(request)) : gate(request);
}

/**
 * All paths except Next's build output and the files that browsers request by themselves. Each
 * pattern is one exact path or one whole folder, so that no other path can bypass the gate.
 */
export const config = {
  matcher: ["/((?!_next/static/|_next/image$|favicon\\.ico$|icon\\.svg$|robots\\.txt$).*)"],
};
