import { authClient } from "../../lib/browser/auth-client";
import type { AuthFailure } from "./form-errors";

/** The server may have to wait for its mail server. Milliseconds. */
const TIMEOUT_MS = 25_000;

/** Sends a POST to Better Auth. Resolves to the failure, or to null on success; never rejects. */
export async function callAuth(path: string, body: Record<string, string> = {}): Promise<AuthFailure | null> {
  let retryAfter: number | undefined;
  try {
    const { error } = await authClient.$fetch<unknown, { code?: string }>(path, {
      method: "POST",
      body,
      timeout: TIMEOUT_MS,
      onError: ({ response }) => {
        retryAfter = Number(response.headers.get("retry-after")) || undefined;
      },
    });
    return error && { ...error, retryAfter };
  } catch {
    return { status: 0 };
  }
}
