import { type DatabaseFailures, databaseFailureIn } from "./database-failures";
import type { ProblemCode } from "./problem";

/** A failure of ours, with what caused it. */
export interface Failed {
  readonly code: Extract<ProblemCode, "gate_session_store_unreachable" | "gate_failed">;
  readonly error: unknown;
}

/** Errors of parsers: the input could not be read. */
const FROM_PARSERS: ReadonlySet<string> = new Set(["ZodError", "$ZodError", "SyntaxError", "URIError"]);

/**
 * Tells apart what came of a request to Better Auth: a response of its own, a value that the database or a parser refuses,
 * which is the caller's error, and a failure. Better Auth makes 500, 422 or even 401 of all three.
 */
export async function settleOutcome(
  result: PromiseSettledResult<Response>,
  failures: DatabaseFailures,
  path: string,
): Promise<Response | Failed> {
  const response = result.status === "fulfilled" ? result.value : undefined;
  const error: unknown = result.status === "rejected" ? result.reason : new Error("Better Auth answered 500");
  // Of a query that did not go through the watched driver.
  const thrown = databaseFailureIn(error);
  const outage = thrown === "outage" ? error : failures.get("outage");
  // 401 as well: a session that cannot be looked up is not a sign-out. And Better Auth reports a sign-out as
  // done, and clears the cookies, when the database has failed to end the session.
  const hasFailed = response === undefined || response.status >= 400 || path === "/api/auth/sign-out";
  if (outage !== undefined && hasFailed) {
    return { code: "gate_session_store_unreachable", error: outage };
  }
  if (response !== undefined && response.status !== 500 && !(await isFailedSignUp(response))) return response;
  if (thrown === "conflict" || failures.has("conflict")) return refuse(409, conflictAt(path));
  const isInvalid = thrown === "invalid" || failures.has("invalid");
  if (isInvalid || (error instanceof Error && FROM_PARSERS.has(error.name)))
    return refuse(400, INVALID_VALUE);
  return { code: "gate_failed", error };
}

export const INVALID_VALUE = {
  code: "INVALID_VALUE",
  message: "The request holds a value that is not valid.",
};

export function refuse(status: 400 | 409, body: { code: string; message: string }): Response {
  return Response.json(body, { status });
}

/** Better Auth's word for whatever the database did not like about a new user. */
async function isFailedSignUp(response: Response): Promise<boolean> {
  if (response.status !== 422) return false;
  const { code } = await response.clone().json();
  return code === "FAILED_TO_CREATE_USER";
}

/** Only an address can be taken by somebody else, and only these two endpoints store one. */
function conflictAt(path: string): { code: string; message: string } {
  switch (path) {
    case "/api/auth/sign-up/email":
      return {
        code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
        message: "There is an account with this email already.",
      };
    case "/api/auth/verify-email":
      return { code: "EMAIL_TAKEN", message: "Another account uses this email by now." };
    default:
      return { code: "CONFLICT", message: "Something else has changed meanwhile. Try again." };
  }
}
