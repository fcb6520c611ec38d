import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BackendSettings } from "../../../../lib/backends";
import { limitBackendTimeouts } from "../../../../lib/server/http/backend-timeouts";

let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer((_, response) => response.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const backends = [
    { url: origin, timeoutSeconds: 10 },
    { url: `${origin}/reports`, timeoutSeconds: 120 },
    { url: `${origin}/reports/fast`, timeoutSeconds: 5 },
  ];
  limitBackendTimeouts(backends as BackendSettings[]);
});
afterAll(() => server.close());

test.each([
  ["/", 10_000],
  ["/reportsx", 10_000],
  // Next's own timeout, which is the longest, applies.
  ["/reports", undefined],
  ["/reports/7?page=2", undefined],
  ["/reports/fast/7", 5_000],
])("a request for %s at a host of several backends is limited to %s ms", async (path, expected) => {
  const sent = request(origin + path, { agent: false });
  sent.end();
  const [response] = await once(sent, "response");
  expect(response.socket.timeout).toBe(expected);
  response.resume();
});
