import { authClient } from "../../lib/browser/auth-client";
import type { AuthFailure } from "./form-errors";

/** The server may have to wait for its mail server. Milliseconds. */
const TIMEOUT_MS = 25_000;

/** The data of a response of Better Auth, or the failure. */
export type AuthResult<T> = { readonly data: T; readonly failure: null } | { readonly failure: AuthFailure };

interface AuthRequest {
  method: "GET" | "POST";
  query?: Record<string, string>;
  body?: Record<string, unknown>;
}

/** Sends a request to Better Auth. Never rejects. */
export async function requestAuth<T>(path: string, request: AuthRequest): Promise<AuthResult<T>> {
  let retryAfter: number | undefined;
  try {
    const { data, error } = await authClient.$fetch<T, { code?: string; error?: string }>(path, {
      ...request,
      timeout: TIMEOUT_MS,
      onError: ({ response }) => {
        retryAfter = Number(response.headers.get("retry-after")) || undefined;
      },
    });
    // The device sign-in names its errors as OAuth does.
    if (error) return { failure: { ...error, code: error.code ?? error.error, retryAfter } };
    return { data: data as T, failure: null };
  } catch {
    return { failure: { status: 0 } };
  }
}

/** Sends a POST to Better Auth. Resolves to the failure, or to null on success; never rejects. */
export async function callAuth(path: string, body: Record<string, string> = {}): Promise<AuthFailure | null> {
  return (await requestAuth(path, { method: "POST", body })).failure;
}
