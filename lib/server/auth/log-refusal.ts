import "server-only";
import { log } from "../../log/console-log";
import type { RequestTrace } from "../../log/request-trace";
import { apiLogFields } from "../api-log-fields";

/**
 * Writes one log line if the response is a refusal of Better Auth, such as a wrong password,
 * another origin or too many attempts.
 */
export async function logRefusal(response: Response, trace: RequestTrace): Promise<void> {
  const { status } = response;
  if (status < 400) return;
  const what = await readCode(response.clone());
  // A program that waits for the user's approval gets one of these every few seconds.
  if (what === "authorization_pending" || what === "slow_down") return;
  log({ ...apiLogFields(trace), code: "auth_refused", status, what });
}

async function readCode(response: Response): Promise<string | undefined> {
  try {
    // The device sign-in names its errors as OAuth does (RFC 6749 §5.2).
    const { error, code = error } = await response.json();
    return typeof code === "string" && /^[A-Za-z0-9_]{1,80}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
