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

export interface Isolate {
  /** The name under which V8 knows the script. */
  readonly scriptUrl: string;
  /** A request of the isolate's own kind. */
  request(url: string, init?: RequestInit): Request;
  /** Compiles and runs the script. */
  evaluate(): void;
  /** What the function answers, once all that it left to do is done. */
  answer(request: Request): Promise<Response>;
}

let isolates = 0;

/**
 * An isolate with the `middleware.func` of a Build Output at hand, as Vercel would make it: the very file, the edge
 * runtime's globals, the environment, and nothing else. Nothing of the script is evaluated yet.
 */
export function createIsolate(functionDir: string, env: Record<string, string>): Isolate {
  const { environment, entrypoint } = JSON.parse(readFileSync(join(functionDir, ".vc-config.json"), "utf8"));
  const script = readFileSync(join(functionDir, entrypoint), "utf8")
    // A module's default export, since the VM evaluates scripts.
    .replace(/^\s*export default /m, "globalThis.__edgeFunction = ");
  // V8 remembers scripts by their text. A new isolate has nothing to remember.
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

/** An isolate that has started. */
export function startIsolate(functionDir: string, env: Record<string, string>) {
  const isolate = createIsolate(functionDir, env);
  isolate.evaluate();
  return (url: string, init?: RequestInit) => isolate.answer(isolate.request(url, init));
}
