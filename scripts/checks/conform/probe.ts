import { isIP, connect as openTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as openTls } from "node:tls";
import { messageOf } from "../../lib/user-error";
import { readAnswer } from "./answer";

/**
 * Sends requests byte for byte, over TCP or TLS. An HTTP client library would normalize paths,
 * refuse headers and correct the framing of a body. An attacker does none of this.
 */

export interface Ask {
  readonly method?: string;
  /** Written into the request line unchanged. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its length, unless `headers` has a Content-Length or a Transfer-Encoding. */
  readonly body?: string;
  /** How long to keep reading after the response, for bytes that should not come. Milliseconds. */
  readonly linger?: number;
  /** How long the server may send nothing. Milliseconds. */
  readonly patience?: number;
}

export interface Answer {
  /** 0 where there was no response. */
  readonly status: number;
  /** Without `Set-Cookie`. */
  readonly headers: Headers;
  readonly setCookies: readonly string[];
  readonly body: string;
  /** The bytes that the server sent after the response. */
  readonly rest: string;
  /**
   * Why there is no response: the server closed the connection, or left it open and sent nothing.
   */
  readonly silence?: "closed" | "open";
}

/** Opens a connection. */
export type Dial = () => Socket;
/**
 * Sends a request and reads the response.
 * @throws {NoConnection}
 */
export type Send = (ask: Ask) => Promise<Answer>;

/** The connection failed. */
export class NoConnection extends Error {}

const PATIENCE = 20_000;

/** Connects to an origin with TCP, or with TLS for https. */
export function createDial(origin: string, tls: ConnectionOptions = {}): Dial {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "http:") return () => openTcp(Number(port || 80), host);
  // RFC 6066 §3: an IP address is not allowed as a server name.
  const servername = isIP(host) ? {} : { servername: host };
  return () => openTls({ host, port: Number(port || 443), ...servername, ...tls });
}

/** Sends requests with `Host` of the origin, each on a new connection. */
export function createSend(origin: string, dial: Dial): Send {
  const { host } = new URL(origin);

  return (ask) =>
    new Promise((resolve, reject) => {
      const socket = dial();
      const isHead = ask.method === "HEAD";
      let received = "";
      let lingering = false;
      socket.setTimeout(ask.patience ?? PATIENCE, () => settle("open"));
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
        if (lingering || !readAnswer(received, { isHead, ended: false })) return;
        lingering = true;
        if (ask.linger) setTimeout(() => settle("open"), ask.linger);
        else settle("open");
      });
      socket.on("close", () => settle("closed"));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        // Some servers close a connection with a reset. Any other error means that the server
        // cannot be reached.
        if (error.code === "ECONNRESET" || error.code === "EPIPE") settle("closed");
        else reject(new NoConnection(messageOf(error)));
      });
      socket.write(wireForm(ask, host), "latin1");

      function settle(silence: "closed" | "open") {
        socket.destroy();
        const answer = readAnswer(received, { isHead, ended: true });
        resolve(answer ? toAnswer(answer) : { ...NOTHING, silence });
      }
    });
}

const NOTHING = { status: 0, headers: new Headers(), setCookies: [], body: "", rest: "" };

function wireForm({ method = "GET", path, headers = {}, body = "" }: Ask, host: string): string {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const usual: Record<string, string> = {
    Host: host,
    Connection: "close",
    Accept: "*/*",
    "User-Agent": "gatehouse-conform",
  };
  if (body && !given.has("transfer-encoding")) usual["Content-Length"] = String(Buffer.byteLength(body));
  const lines = [...Object.entries(usual).filter(([name]) => !given.has(name.toLowerCase()))];
  const all = [...lines, ...Object.entries(headers)].map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n${Buffer.from(body).toString("latin1")}`;
}

function toAnswer({ status, headers, body, rest }: NonNullable<ReturnType<typeof readAnswer>>): Answer {
  const kept = new Headers();
  const setCookies: string[] = [];
  for (const [name, value] of headers) {
    if (name.toLowerCase() === "set-cookie") setCookies.push(value);
    else kept.append(name, value);
  }
  return { status, headers: kept, setCookies, body: Buffer.from(body, "latin1").toString(), rest };
}
