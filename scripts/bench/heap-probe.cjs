// Loaded into the server under test with `--require`. It serves on loopback how many bytes are
// still in use after a garbage collection. The memory that the system has given to a process says
// little about that.
const { createServer } = require("node:http");
const { setImmediate } = require("node:timers/promises");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

createServer(async (_, response) => {
  collect();
  // Some objects can be freed only after the callbacks that follow the first collection.
  await setImmediate();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  response.end(String(heapUsed + external));
})
  .listen(Number(process.env.HEAP_PROBE_PORT), "127.0.0.1")
  .unref();
