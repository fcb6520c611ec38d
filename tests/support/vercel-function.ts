import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EdgeVM } from "@edge-runtime/vm";

type EdgeFunction = (
  request: Request,
  context: { waitUntil(promise: Promise<unknown>): void },
) => Promise<Response>;

/** The Node modules that Vercel provides to an edge function. */
const modules: Record<string, object> = {
  async_hooks: { AsyncLocalStorage },
  "node:async_hooks": { AsyncLocalStorage },
  "node:buffer": { Buffer },
};

export interface Isolate {
  /** The name under which V8 knows the script. */
  readonly scriptUrl: string;
  /** Makes a request with the isolate's own `Request` class. */
  request(url: string, init?: RequestInit): Request;
  /** Compiles and runs the script. */
  evaluate(): void;
  /** Returns the function's response after all its `waitUntil` promises have resolved. */
  answer(request: Request): Promise<Response>;
}

let isolates = 0;

/**
 * Creates an isolate for the `middleware.func` of a Build Output, as Vercel would: the deployed
 * file, the globals of the edge runtime, the environment, and nothing else. The script is not
 * evaluated yet.
 */
export function createIsolate(functionDir: string, env: Record<string, string>): Isolate {
  const { environment, entrypoint } = JSON.parse(readFileSync(join(functionDir, ".vc-config.json"), "utf8"));
  const script = readFileSync(join(functionDir, entrypoint), "utf8")
    // The VM evaluates scripts, so the default export of the module becomes a global.
    .replace(/^\s*export default /m, "globalThis.__edgeFunction = ");
  // V8 caches compiled scripts by their text. A different text makes each isolate compile the
  // script again.
  const scriptUrl = `isolate-${isolates++}.js`;
  const source = `${script}\n//# sourceURL=${scriptUrl}`;
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
  let handler: EdgeFunction;
  return {
    scriptUrl,
    request: (url, init) => new vm.context.Request(url, init) as Request,
    evaluate() {
      vm.evaluate(source);
      handler = vm.context.__edgeFunction as EdgeFunction;
    },
    async answer(request) {
      const pending: Promise<unknown>[] = [];
      const response = await handler(request, { waitUntil: (promise) => void pending.push(promise) });
      if (pending.length > 0) await Promise.all(pending);
      return response;
    },
  };
}

/** Creates an isolate and evaluates its script. Returns a function that sends it a request. */
export function startIsolate(functionDir: string, env: Record<string, string>) {
  const isolate = createIsolate(functionDir, env);
  isolate.evaluate();
  return (url: string, init?: RequestInit) => isolate.answer(isolate.request(url, init));
}
