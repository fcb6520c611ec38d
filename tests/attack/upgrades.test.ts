import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startEchoUpstream } from "../support/echo-upstream";
import { type App, startApp } from "../support/stack";
import { Visitor } from "../support/visitor";

/** Whoever asks to go on in another protocol holds a socket: one that is refused has to be closed at once. */

/** What the gate may take to close one, and a machine under test. Milliseconds. */
const CLOSED_WITHIN = 5_000;

describe.each(["rewrite", "relay"])("with BACKEND_FORWARD=%s", (forwarding) => {
  let app: App;
  let echo: Awaited<ReturnType<typeof startEchoUpstream>>;
  let member: Visitor;

  beforeAll(async () => {
    echo = await startEchoUpstream();
    app = await startApp({ BACKEND_URL: echo.url, BACKEND_FORWARD: forwarding });
    member = new Visitor(app.origin);
    await member.signUp("ada@example.com");
  });
  afterAll(async () => {
    await app?.stop();
    await echo?.stop();
  });
  beforeEach(() => {
    echo.arrived.length = 0;
  });

  /** Sends the head of a request and waits until the other side has closed. @throws where it does not */
  function sendAndWait(lines: readonly string[]): Promise<string> {
    const { hostname, port } = new URL(app.origin);
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(Number(port), hostname);
      socket.setTimeout(CLOSED_WITHIN, () => {
        socket.destroy();
        reject(new Error(`still open, after: ${answer}`));
      });
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    });
  }

  describe.each([
    ["a guest", () => ""],
    ["a member", () => `better-auth.session_token=${member.cookies.get("better-auth.session_token")}`],
  ])("%s", (_, cookie) => {
    test.each([
      ["GET", "foo"],
      ["GET", "h2c"],
      ["GET", "TLS/1.0"],
      ["POST", "websocket"],
    ])("%s with Upgrade: %s is not forwarded, and not left open", async (method, protocol) => {
      await sendAndWait([
        `${method} /backend/x HTTP/1.1`,
        `Host: ${new URL(app.origin).host}`,
        "Connection: Upgrade",
        `Upgrade: ${protocol}`,
        "Sec-Fetch-Site: same-origin",
        "Content-Length: 0",
        `Cookie: ${cookie()}`,
      ]);
      expect(echo.arrived).toEqual([]);
    });
  });
});
