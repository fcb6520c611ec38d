import type { Check } from "../check";
import { type HttpRequest, SCRIPT } from "../probe";
import { assert, assertStatus, describeResponse, fetchMe, ME, skip, TASKS } from "./assertions";
import type { Context } from "./context";

const FRAMING = "The server, or the proxy in front of it, must refuse this (RFC 9112 §6)";
const BODIES = "edge/facts.ts: compareBodyLength";

/** Ways to bypass the gate with the body of a request: its length, and request smuggling. */
export const bodyFraming: readonly Check<Context>[] = [
  {
    id: "bypass.two-lengths",
    title: "a body with two lengths is refused",
    source: "RFC 9112 §6.3",
    fix: FRAMING,
    async run({ ada }) {
      const response = await ada.send(
        body({ "Content-Length": "6", "Transfer-Encoding": "chunked" }, "0\r\n\r\nX"),
      );
      assert(
        response.status === 0 || response.status >= 400,
        "400, or a closed connection",
        describeResponse(response),
      );
    },
  },
  {
    id: "bypass.unknown-length",
    title: "a body of unknown length is refused",
    source: "RFC 9110 §15.5.12",
    fix: BODIES,
    async run({ ada }) {
      assertStatus(
        await ada.send(body({ "Transfer-Encoding": "chunked" }, "1\r\nx\r\n0\r\n\r\n")),
        411,
        "a chunked POST",
      );
    },
  },
  {
    id: "bypass.too-large",
    title: "a body over the limit is refused by its Content-Length",
    source: "RFC 9110 §15.5.14",
    fix: `${BODIES}, and MAX_BODY_MB`,
    async run({ ada }) {
      // Larger than any value that MAX_BODY_MB may have. No byte of the body is sent.
      const response = await ada.send({ ...body({ "Content-Length": "2000000000" }), timeout: 2_000 });
      // `next start` sends the gate's response only after it has received the body. Sending two
      // gigabytes could harm the deployment, so the check is skipped there.
      if (response.status === 0) skip("the server responds only after it has received the whole body");
      assertStatus(response, 413, "a POST of 2 GB");
    },
  },
  {
    id: "bypass.smuggled",
    title: "a body is never treated as a separate request",
    source: "RFC 9112 §11.2",
    fix: "edge/upstream/headers.ts must keep Content-Length and Transfer-Encoding together with the body",
    async run({ ada, bob }) {
      const { host } = new URL(ada.origin);
      const hidden = `GET ${TASKS} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      for (const method of ["GET", "OPTIONS"]) {
        const response = await ada.send({
          ...{ method, path: ME, body: hidden, linger: 300 },
          headers: { ...SCRIPT, Connection: "keep-alive" },
        });
        assert(!response.rest.includes("HTTP/1."), `one response to one ${method}`, "a second one");
        // Request smuggling: the connection to the backend is shared, so a response left on it
        // would go to the next caller.
        const next = await fetchMe((request) => bob.send(request), ME);
        assert(
          next.me?.email === bob.email,
          "the next caller to get their own response",
          next.me?.email ?? describeResponse(next),
        );
      }
    },
  },
];

function body(headers: Record<string, string>, text = ""): HttpRequest {
  return { method: "POST", path: TASKS, headers: { ...SCRIPT, ...headers }, body: text };
}
