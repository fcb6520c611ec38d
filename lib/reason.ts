import { redact } from "./redact";

/** Of a message no more than this stands in the log. Characters. */
const LONGEST = 200;

/** The name, code and message of an error, and of what caused it, for the log. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return wordsOf(String(error));
  const code = "code" in error && error.code ? ` ${redact(String(error.code))}` : "";
  const own = `${redact(error.name)}${code}: ${wordsOf(error.message)}`;
  return error.cause === undefined ? own : `${own} (${reasonOf(error.cause)})`;
}

/** The database driver's message ends with the whole answer that it could not read. */
function wordsOf(message: string): string {
  const [own = ""] = message.split(/(?<=\(HTTP status \d+\)):/);
  return redact(own).slice(0, LONGEST);
}
