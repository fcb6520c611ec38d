import { redact } from "./redact";

/** The rest of a longer message is not written to the log. Characters. */
const MAX_LENGTH = 200;

/** Returns the name, code and message of an error and of its causes, for the log. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return cleanMessage(String(error));
  const code = "code" in error && error.code ? ` ${redact(String(error.code))}` : "";
  const own = `${redact(error.name)}${code}: ${cleanMessage(error.message)}`;
  return error.cause === undefined ? own : `${own} (${describeError(error.cause)})`;
}

/** The database driver appends the whole response that it could not read. That part is removed. */
function cleanMessage(message: string): string {
  const [own = ""] = message.split(/(?<=\(HTTP status \d+\)):/);
  return redact(own).slice(0, MAX_LENGTH);
}
