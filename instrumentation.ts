import type { Instrumentation } from "next";

// The edge's build contains this file too. Next replaces NEXT_RUNTIME with a constant and leaves out
// the branches of the other runtime, so each branch imports what it needs.

/** Next calls this once in each runtime, before the first request. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { gateStatements } = await import("./edge/session/statement");
    await (await import("./lib/server/start-server")).startServer(gateStatements());
  }
  if (__TRACING__) (await import("./lib/tracing")).exportTraces();
}

/** Next calls this for each error that a page, a route handler or a server action throws. */
export const onRequestError: Instrumentation.onRequestError = async (error, request, context) => {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    (await import("./lib/server/log-page-error")).logPageError(error, request, context);
  }
};
