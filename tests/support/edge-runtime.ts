import { AsyncLocalStorage } from "node:async_hooks";

// The edge runtime has it as a global; the bare VM that Vitest gives us does not.
Object.assign(globalThis, { AsyncLocalStorage });
