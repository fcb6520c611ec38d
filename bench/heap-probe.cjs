// Loaded into the server under test with `--require`. It says on loopback how many bytes are still held once
// everything that nobody needs is gone: what a process has been given by the system says little about that.
const { createServer } = require("node:http");
const { setImmediate } = require("node:timers/promises");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

createServer(async (_, response) => {
  collect();
  // What was waiting for the first collection to be let go.
  await setImmediate();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  response.end(String(heapUsed + external));
})
  .listen(Number(process.env.HEAP_PROBE_PORT), "127.0.0.1")
  .unref();
