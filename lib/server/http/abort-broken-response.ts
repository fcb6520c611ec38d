import "server-only";
import type { ServerResponse } from "node:http";

/**
 * Closes the connection to the client when the backend breaks off its response.
 *
 * Without this, Next's rewrite sets the status 500 and ends the response with the text "Internal
 * Server Error". The head has been sent by then. So the client reads a response in chunks as a
 * complete one with this text at its end, and waits for the rest of a response of a declared length
 * until the keep-alive timeout.
 *
 * RFC 9112 §8: a client recognises an incomplete response by its closed connection.
 */
export function abortBrokenResponse(response: ServerResponse): void {
  let sentStatus: number | undefined;
  const writeHead = response.writeHead as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    sentStatus = Number(args[0]);
    return writeHead.apply(response, args);
  };
  const end = response.end as (...args: unknown[]) => ServerResponse;
  response.end = (...args: unknown[]) => {
    // The rewrite passes on a whole response without a last text. Where the response is compressed,
    // the text has been written before, and only the changed status shows the error.
    const isBroken =
      sentStatus !== undefined && (typeof args[0] === "string" || response.statusCode !== sentStatus);
    return isBroken ? response.destroy() : end.apply(response, args);
  };
}
