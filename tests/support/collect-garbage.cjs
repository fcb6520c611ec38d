// Loaded into a server with `--require`: what memory may lose at some time it loses at once.
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
setInterval(runInNewContext("gc"), 100).unref();
