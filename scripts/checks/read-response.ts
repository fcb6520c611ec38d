/** An HTTP/1.1 response as received. Bytes are kept as latin1, so that none is lost. */
export interface WireResponse {
  readonly status: number;
  /** As received, in order, with repeated names. */
  readonly headers: [name: string, value: string][];
  readonly body: string;
  /** The bytes after the end of this response. */
  readonly rest: string;
}

/**
 * Parses one response. Returns undefined while it is incomplete, and for bytes that are not an
 * HTTP/1 response. `ended`: the connection is closed, so no more bytes will come (RFC 9112 §6.3).
 */
export function readResponse(
  bytes: string,
  { isHead, ended }: { isHead: boolean; ended: boolean },
): WireResponse | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const [statusLine = "", ...lines] = bytes.slice(0, headEnd).split("\r\n");
  const status = Number(statusLine.match(/^HTTP\/1\.\d (\d{3})\b/)?.[1]);
  if (Number.isNaN(status)) return undefined;
  const headers = lines.map(readHeader);
  const after = bytes.slice(headEnd + 4);

  // RFC 9110 §15.2: skip interim responses (1xx); the final response follows.
  if (status >= 100 && status < 200 && status !== 101) return readResponse(after, { isHead, ended });
  if (isHead || status === 101 || status === 204 || status === 304) {
    return { status, headers, body: "", rest: after };
  }
  const headerOf = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (/\bchunked\b/i.test(headerOf("transfer-encoding") ?? "")) {
    const chunks = readChunks(after);
    return chunks && { status, headers, ...chunks };
  }
  const length = headerOf("content-length");
  if (length === undefined) return ended ? { status, headers, body: after, rest: "" } : undefined;
  if (after.length < Number(length)) return undefined;
  return { status, headers, body: after.slice(0, Number(length)), rest: after.slice(Number(length)) };
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function readChunks(bytes: string): { body: string; rest: string } | undefined {
  let body = "";
  let at = 0;
  while (true) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
    if (!(size >= 0)) return undefined;
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return undefined;
    if (size === 0) return { body, rest: bytes.slice(start + 2) };
    body += bytes.slice(start, start + size);
    at = start + size + 2;
  }
}
