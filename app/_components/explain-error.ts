import { ApiError } from "../../lib/api";

/** What a failed call of the API means to the person in front of it, and what to do. */
export function explainError(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong here. Try again.";
  const { status, code, detail, retryAfter } = error;
  if (code === "gate_signed_out") return "You are signed out. The sign-in page is on its way.";
  if (code === "network" && !navigator.onLine) return "You are offline. Try again when you are back.";
  if (code === "timeout" || status === 504)
    return "The server has not answered in time. Try again in a moment.";
  if (status === 0) return "The server cannot be reached. Check your connection, then try again.";
  if (status === 429) return `That was too fast for the server. Try again ${inAWhile(retryAfter)}.`;
  if (status >= 500) return `The server has a problem of its own. Try again ${inAWhile(retryAfter)}.`;
  return detail;
}

/** Whether what was asked for may have been done all the same. A 503 is of one that has not begun (RFC 9110 §15.6.4). */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || (error.status >= 500 && error.status !== 503));
}

/** @param seconds what the server asked for, if it did */
export function inAWhile(seconds: number | undefined): string {
  if (seconds === undefined || seconds < 2) return "in a moment";
  return seconds > 120 ? `in ${Math.ceil(seconds / 60)} minutes` : `in ${seconds} seconds`;
}
