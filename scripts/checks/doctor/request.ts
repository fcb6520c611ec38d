import { Unreachable } from "../network-error";
import { createSend, type HttpRequest, type HttpResponse } from "../probe";

/** A server that sends nothing for this long counts as unreachable. Milliseconds. */
const TIMEOUT = 5_000;

export interface TimedResponse extends HttpResponse {
  /**
   * How far the server's clock is ahead of this machine's, in seconds. Undefined without a valid
   * `Date` header.
   */
  readonly ahead: number | undefined;
}

/**
 * Sends one request and follows no redirect.
 * @throws {Unreachable} also when the server sends no response
 */
export async function request(url: string, options: Omit<HttpRequest, "path"> = {}): Promise<TimedResponse> {
  const { origin, pathname, search } = new URL(url);
  const before = Date.now();
  const response = await createSend(origin)({ ...options, path: pathname + search, timeout: TIMEOUT });
  const after = Date.now();
  if (response.silence) {
    throw new Unreachable(origin, response.silence === "closed" ? "ECONNRESET" : "ETIMEDOUT");
  }
  const date = Date.parse(response.headers.get("date") ?? "");
  // `Date` has no fraction of a second, so on average it is half a second behind.
  const ahead = Number.isNaN(date) ? undefined : (date + 500 - (before + after) / 2) / 1000;
  return { ...response, ahead };
}
