import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EdgeVM } from "@edge-runtime/vm";

type EdgeFunction = (
  request: Request,
  context: { waitUntil(promise: Promise<unknown>): void },
) => Promise<Response>;

/** The Node modules that Vercel gives an edge function. */
const modules: Record<string, object> = {
  async_hooks: { AsyncLocalStorage },
  "node:async_hooks": { AsyncLocalStorage },
  "node:buffer": { Buffer },
};

/**
 * Starts an isolate with the `middleware.func` of a Build Output, as Vercel would: the very file, the edge runtime's
 * globals, the environment, and nothing else.
 */
export function startIsolate(functionDir: string, env: Record<string, string>) {
  const { environment, entrypoint } = JSON.parse(readFileSync(join(functionDir, ".vc-config.json"), "utf8"));
  const source = readFileSync(join(functionDir, entrypoint), "utf8");
  const vm = new EdgeVM({
    extend: (context) =>
      Object.assign(context, {
        process: { env: { ...environment, ...env } },
        AsyncLocalStorage,
        require: (name: string) => {
          const found = modules[name];
          if (!found) throw new Error(`The edge runtime has no module ${name}`);
          return found;
        },
      }),
  });
  // A module's default export, since the VM evaluates scripts.
  vm.evaluate(source.replace(/^\s*export default /m, "globalThis.__edgeFunction = "));
  const handler = vm.context.__edgeFunction as EdgeFunction;

  return async (url: string, init: RequestInit = {}): Promise<Response> => {
    const pending: Promise<unknown>[] = [];
    const request = new vm.context.Request(url, init) as Request;
    const response = await handler(request, { waitUntil: (promise) => void pending.push(promise) });
    await Promise.all(pending);
    return response;
  };
}
