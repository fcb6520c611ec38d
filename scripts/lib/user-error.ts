/** Something that the user can mend: the message says what is wrong and how, and is all that is shown. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** @throws {UserError} */
export function fail(message: string): never {
  throw new UserError(message);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
