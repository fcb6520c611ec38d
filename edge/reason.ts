/** The name and message of an error, and of what caused it, for the log; never a value of the request's. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own} (${reasonOf(error.cause)})`;
}
