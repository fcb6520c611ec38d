import { AsyncLocalStorage } from "node:async_hooks";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import path from "node:path";
import { EdgeVM } from "@edge-runtime/vm";

type EdgeFunction = (
  request: Request,
  context: { waitUntil(promise: Promise<unknown>): void },
) => Promise<Response>;

const modules: Record<string, object> = {
  async_hooks: { AsyncLocalStorage },
  "node:async_hooks": { AsyncLocalStorage },
  "node:buffer": { Buffer },
};

export interface Isolate {
  /** A request of the isolate's own kind. */
  request(url: string, init: RequestInit): Request;
  /** Compiles and runs the script. */
  evaluate(): void;
  /** What the function answers, once all that it left to do is done. */
  answer(request: Request): Promise<Response>;
}

let isolates = 0;

/** An edge runtime with the script of a `middleware.func` at hand, and nothing of it evaluated yet. */
export function createIsolate(functionDir: string, env: Record<string, string>): Isolate {
  const { environment, entrypoint } = JSON.parse(
    readFileSync(path.join(functionDir, ".vc-config.json"), "utf8"),
  );
  const script = readFileSync(path.join(functionDir, entrypoint), "utf8")
    // A module's default export, since the VM evaluates scripts.
    .replace(/^\s*export default /m, "globalThis.__edgeFunction = ");
  // V8 remembers scripts by their text. A new isolate has nothing to remember.
  const source = `${script}\n// ${isolates++}`;
  const vm = new EdgeVM({
    extend: (context) =>
      Object.assign(context, {
        process: { env: { ...environment, ...env } },
        AsyncLocalStorage,
        require: (name: string) => modules[name],
      }),
  });
  let handler: EdgeFunction;
  return {
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
