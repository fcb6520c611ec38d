import { isIP, connect as openTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as openTls } from "node:tls";
import { Unreachable } from "./network-error";
import { readResponse, type WireResponse } from "./read-response";

/**
 * Sends requests byte for byte, over TCP or TLS. An HTTP client library would normalize paths,
 * refuse headers and correct the framing of a body. An attacker does none of this.
 */

export interface HttpRequest {
  readonly method?: string;
  /** Written into the request line unchanged. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its length, unless `headers` has a Content-Length or a Transfer-Encoding. */
  readonly body?: string;
  /** How long to keep reading after the response, for bytes that should not come. Milliseconds. */
  readonly linger?: number;
  /** How long the server may send nothing. Milliseconds. */
  readonly timeout?: number;
}

export interface HttpResponse {
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
export type Connect = () => Socket;
/**
 * Sends a request and reads the response. Follows no redirect.
 * @throws {Unreachable} when the connection fails
 */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

const DEFAULT_TIMEOUT = 20_000;

/** The headers that a browser sends when a user follows a link. */
export const NAVIGATION = {
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Mode": "navigate",
  Accept: "text/html,*/*;q=0.8",
};
/** The headers that a browser sends when a script of the app's own page sends a request. */
export const SCRIPT = { "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin", Accept: "*/*" };

/** Connects to an origin with TCP, or with TLS for https. */
export function createConnect(origin: string, tls: ConnectionOptions = {}): Connect {
  const { protocol, hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "http:") return () => openTcp(Number(port || 80), host);
  // RFC 6066 §3: an IP address is not allowed as a server name.
  const servername = isIP(host) ? {} : { servername: host };
  return () => openTls({ host, port: Number(port || 443), ...servername, ...tls });
}

/** Sends requests with `Host` of the origin, each on a new connection. */
export function createSend(origin: string, connect: Connect = createConnect(origin)): Send {
  const { host } = new URL(origin);

  return (request) =>
    new Promise((resolve, reject) => {
      const socket = connect();
      const isHead = request.method === "HEAD";
      let received = "";
      let lingering = false;
      socket.setTimeout(request.timeout ?? DEFAULT_TIMEOUT, () => settle("open"));
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
        if (lingering || !readResponse(received, { isHead, ended: false })) return;
        lingering = true;
        if (request.linger) setTimeout(() => settle("open"), request.linger);
        else settle("open");
      });
      socket.on("close", () => settle("closed"));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        // Some servers close a connection with a reset. Any other error means that the server
        // cannot be reached.
        if (error.code === "ECONNRESET" || error.code === "EPIPE") settle("closed");
        else reject(new Unreachable(origin, error));
      });
      socket.write(serialize(request, host), "latin1");

      function settle(silence: "closed" | "open") {
        socket.destroy();
        const response = readResponse(received, { isHead, ended: true });
        resolve(response ? decode(response) : { ...NO_RESPONSE, silence });
      }
    });
}

const NO_RESPONSE = { status: 0, headers: new Headers(), setCookies: [], body: "", rest: "" };

function serialize({ method = "GET", path, headers = {}, body = "" }: HttpRequest, host: string): string {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const usual: Record<string, string> = {
    Host: host,
    Connection: "close",
    Accept: "*/*",
    "User-Agent": "gatehouse-checks",
  };
  if (body && !given.has("transfer-encoding")) usual["Content-Length"] = String(Buffer.byteLength(body));
  const defaults = Object.entries(usual).filter(([name]) => !given.has(name.toLowerCase()));
  const lines = [...defaults, ...Object.entries(headers)].map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${Buffer.from(body).toString("latin1")}`;
}

function decode({ status, headers, body, rest }: WireResponse): HttpResponse {
  const others = new Headers();
  const setCookies: string[] = [];
  for (const [name, value] of headers) {
    if (name.toLowerCase() === "set-cookie") setCookies.push(value);
    else others.append(name, value);
  }
  return { status, headers: others, setCookies, body: Buffer.from(body, "latin1").toString(), rest };
}
