import { AsyncLocalStorage } from "node:async_hooks";

// A global in the edge runtime, but not in the bare VM of Vitest.
Object.assign(globalThis, { AsyncLocalStorage });
