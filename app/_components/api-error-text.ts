import { ApiError } from "../../lib/api/client";

/** Returns the text for a failed API call: what happened, and what the user can do. */
export function apiErrorText(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong. Try again.";
  const { status, code, detail, retryAfter } = error;
  if (code === "gate_signed_out") return "You are signed out. The sign-in page is opening.";
  if (code === "network" && !navigator.onLine) return "You are offline. Try again when you are online.";
  if (code === "timeout" || status === 504)
    return "The server did not respond in time. Try again in a moment.";
  if (status === 0) return "The server cannot be reached. Check your connection, then try again.";
  if (status === 429) return `Too many requests. Try again ${retryTime(retryAfter)}.`;
  if (status >= 500) return `The server has a problem. Try again ${retryTime(retryAfter)}.`;
  return detail;
}

/**
 * True if the server may have carried out the request in spite of the error. After a 503 it has not
 * (RFC 9110 §15.6.4).
 */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || (error.status >= 500 && error.status !== 503));
}

/** @param seconds the server's `Retry-After`, if it sent one */
export function retryTime(seconds: number | undefined): string {
  if (seconds === undefined || seconds < 2) return "in a moment";
  return seconds > 120 ? `in ${Math.ceil(seconds / 60)} minutes` : `in ${seconds} seconds`;
}
