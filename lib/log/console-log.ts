import { createLog } from "./log";

/** The log of this process. It writes to the console. */
export const log = createLog((level, line) => console[level](line), Date.now);
