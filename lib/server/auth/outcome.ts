import "server-only";
import type { ProblemCode } from "../../problem";
import { type DatabaseFailures, databaseFailureIn } from "./database-failures";

/** A failure of this app, with its cause. */
export interface Failure {
  readonly code: Extract<ProblemCode, "gate_session_store_unreachable" | "gate_failed">;
  readonly error: unknown;
}

/** Errors of parsers: the input is invalid. */
const PARSER_ERRORS: ReadonlySet<string> = new Set(["ZodError", "$ZodError", "SyntaxError", "URIError"]);

/**
 * Distinguishes the outcomes of a request to Better Auth: its own response, a value that the
 * database or a parser refuses (an error of the caller), and a failure. Better Auth can turn the
 * last two into 500, 422 or even 401.
 */
export async function classifyOutcome(
  result: PromiseSettledResult<Response>,
  failures: DatabaseFailures,
  path: string,
): Promise<Response | Failure> {
  const response = result.status === "fulfilled" ? result.value : undefined;
  const error: unknown =
    result.status === "rejected" ? result.reason : new Error("Better Auth responded with 500");
  // For a query that does not use the watched driver: `failures` does not contain its error.
  const thrown = databaseFailureIn(error);
  const outage = thrown === "outage" ? error : failures.get("outage");
  // An outage counts more than Better Auth's response. Better Auth sends 401 for a session that it
  // could not read, and 200 for a sign-out although the session is still in the database.
  if (outage !== undefined) {
    return { code: "gate_session_store_unreachable", error: outage };
  }
  if (response !== undefined && response.status !== 500 && !(await isFailedSignUp(response))) return response;
  if (thrown === "conflict" || failures.has("conflict")) return refusal(409, conflictAt(path));
  const isInvalid = thrown === "invalid" || failures.has("invalid");
  if (isInvalid || (error instanceof Error && PARSER_ERRORS.has(error.name)))
    return refusal(400, INVALID_VALUE);
  return { code: "gate_failed", error };
}

export const INVALID_VALUE = {
  code: "INVALID_VALUE",
  message: "The request contains a value that is not valid.",
};

/** A refusal in the form of Better Auth's own. */
export function refusal(status: 400 | 403 | 409, body: { code: string; message: string }): Response {
  return Response.json(body, { status });
}

/** Whether this is Better Auth's code for any database error on creating a user. */
async function isFailedSignUp(response: Response): Promise<boolean> {
  if (response.status !== 422) return false;
  const { code } = await response.clone().json();
  return code === "FAILED_TO_CREATE_USER";
}

/**
 * Only an email address can already belong to another account, and only these two endpoints store
 * one.
 */
function conflictAt(path: string): { code: string; message: string } {
  switch (path) {
    case "/api/auth/sign-up/email":
      return {
        code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
        message: "There is an account with this email already.",
      };
    case "/api/auth/verify-email":
      return { code: "EMAIL_TAKEN", message: "Another account uses this email now." };
    default:
      return { code: "CONFLICT", message: "Something else has changed meanwhile. Try again." };
  }
}
