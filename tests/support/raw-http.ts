import { connect } from "node:net";

export interface RawAnswer {
  /** 0 where the connection was closed without a response. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Headers;
  readonly body: string;
}

/** How long a server may send nothing. Milliseconds. */
const PATIENCE = 20_000;
/**
 * How long to wait after the response, so that a smuggled request has time to arrive. Milliseconds.
 */
const AFTERMATH = 100;

/**
 * Sends exactly these bytes and reads one response. An HTTP client library would normalize them.
 */
export async function sendRaw(origin: string, lines: readonly string[], body = ""): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  const received = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (isWhole(text, lines[0]?.startsWith("HEAD "))) setTimeout(() => socket.destroy(), AFTERMATH);
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
  });
  const [head = "", ...rest] = received.split("\r\n\r\n");
  const [statusLine = "", ...headerLines] = head.split("\r\n");
  const headers = new Headers();
  for (const line of headerLines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(statusLine.split(" ")[1] ?? 0), headers, body: rest.join("\r\n\r\n") };
}

/** RFC 9112 §6.3, as far as the servers under test use it. */
function isWhole(answer: string, isHead = false): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = answer.slice(0, end).toLowerCase();
  const body = answer.slice(end + 4);
  if (isHead || /^http\/1\.1 (101|204|304)/.test(head)) return true;
  const length = head.match(/\ncontent-length: *(\d+)/)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return /\ntransfer-encoding: *chunked/.test(head) && body.endsWith("0\r\n\r\n");
}
