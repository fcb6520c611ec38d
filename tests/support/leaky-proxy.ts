import { connect, type Socket } from "node:net";
import { createServer } from "node:tls";
import { readAnswer } from "../../scripts/conform/answer";
import { listen } from "../../scripts/lib/ports";
import { selfSigned } from "./certificate";

/** The head of a request, byte for byte. A hole may change it. */
export interface RequestHead {
  method: string;
  target: string;
  /** Names as they were sent. */
  headers: [name: string, value: string][];
}

/** A response on its way to the browser. A hole may change it. */
export interface AnswerOnItsWay {
  status: number;
  headers: [name: string, value: string][];
  body: string;
}

/** A way to break one promise. */
export interface Hole {
  /** Changes the request that the app receives. */
  request?(request: RequestHead): void;
  /** Changes the response that the browser receives. */
  answer?(answer: AnswerOnItsWay, request: RequestHead): void;
  /** Returns the bytes of a response that replaces the app's. Undefined: the app responds. */
  instead?(request: RequestHead): string | undefined;
}

/**
 * Starts an https proxy in front of an app. It passes every byte unchanged, except for what the
 * current hole changes.
 */
export async function startLeakyProxy() {
  const { key, cert } = selfSigned();
  let hole: Hole = {};
  let app = { host: "", port: 0 };
  const sockets = new Set<Socket>();

  const server = createServer({ key, cert }, (client) => {
    sockets.add(client.on("close", () => sockets.delete(client)).on("error", () => client.destroy()));
    let received = "";
    client.on("data", function read(chunk) {
      received += chunk.toString("latin1");
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      client.off("data", read);
      serve(client, readHead(received.slice(0, end)), received.slice(end + 4));
    });
  });

  function serve(client: Socket, head: RequestHead, rest: string) {
    const { request, answer, instead } = hole;
    const canned = instead?.(head);
    if (canned !== undefined) {
      client.end(canned, "latin1");
      return;
    }
    request?.(head);
    const upstream = connect(app.port, app.host);
    sockets.add(upstream.on("close", () => sockets.delete(upstream)));
    upstream.on("error", () => client.destroy());
    client.on("close", () => upstream.destroy());
    upstream.write(writeHead(`${head.method} ${head.target} HTTP/1.1`, head.headers) + rest, "latin1");
    client.pipe(upstream);
    if (answer) changeAnswer(client, upstream, (found) => answer(found, head), head.method === "HEAD");
    else upstream.pipe(client);
    upstream.on("close", () => client.end());
  }

  const port = await listen(server);
  return {
    origin: `https://127.0.0.1:${port}`,
    ca: cert,
    leadTo(origin: string) {
      const { hostname, port } = new URL(origin);
      app = { host: hostname, port: Number(port) };
    },
    /** Replaces the current hole. */
    open(next: Hole) {
      hole = next;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function changeAnswer(
  client: Socket,
  upstream: Socket,
  change: (answer: AnswerOnItsWay) => void,
  isHead: boolean,
): void {
  let received = "";
  const settle = (ended: boolean) => {
    const whole = readAnswer(received, { isHead, ended });
    if (!whole) return;
    const headers = whole.headers.filter(([name]) => !/^(transfer-encoding|content-length)$/i.test(name));
    const answer = { status: whole.status, headers, body: whole.body };
    change(answer);
    client.end(writeAnswer(answer), "latin1");
    upstream.destroy();
  };
  upstream.on("data", (chunk) => {
    received += chunk.toString("latin1");
    settle(false);
  });
  upstream.on("end", () => settle(true));
}

/** The bytes of a response, with its length. */
export function writeAnswer({ status, headers, body }: AnswerOnItsWay): string {
  const all: [string, string][] = [...headers, ["Content-Length", String(body.length)]];
  return writeHead(`HTTP/1.1 ${status} X`, all) + body;
}

function writeHead(firstLine: string, headers: readonly [string, string][]): string {
  return `${[firstLine, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;
}

function readHead(text: string): RequestHead {
  const [requestLine = "", ...lines] = text.split("\r\n");
  const [method = "", ...rest] = requestLine.split(" ");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { method, target: rest.slice(0, -1).join(" "), headers };
}
