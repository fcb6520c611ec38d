// Loaded into a server with `--require`: collects garbage ten times per second, so that
// unreferenced objects are freed at once.
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
setInterval(runInNewContext("gc"), 100).unref();
