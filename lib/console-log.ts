import { createLog } from "./log";

/** The log of this process: the platform, or whoever started it, keeps what is written here. */
export const log = createLog((level, line) => console[level](line), Date.now);
