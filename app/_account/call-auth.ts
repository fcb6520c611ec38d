import { authClient } from "../../lib/auth-client";
import type { AuthFailure } from "./explain-failure";

/** A message may have to wait for a mail server. Milliseconds. */
const TIMEOUT_MS = 25_000;

/** Posts to Better Auth; resolves to what went wrong, or to null. */
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
