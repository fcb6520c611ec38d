/**
 * An error that the user can fix. Only the message is shown: it says what is wrong and how to fix
 * it.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** @throws {UserError} */
export function fail(message: string): never {
  throw new UserError(message);
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
