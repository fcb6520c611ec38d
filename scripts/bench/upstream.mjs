// A minimal backend in its own process: it echoes the URL and the Authorization header of the
// request.
import { createServer } from "node:http";

createServer({ keepAliveTimeout: 75_000 }, ({ url, headers }, response) => {
  const body = JSON.stringify({ url, authorization: headers.authorization });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}).listen(Number(process.argv[2]), "127.0.0.1");
