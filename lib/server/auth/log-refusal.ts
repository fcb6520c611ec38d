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
  log({ ...apiLogFields(trace), code: "auth_refused", status, what: await readCode(response.clone()) });
}

async function readCode(response: Response): Promise<string | undefined> {
  try {
    const { code } = await response.json();
    return typeof code === "string" && /^[A-Z0-9_]{1,80}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
