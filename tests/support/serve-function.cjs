// Serves a Node function of a Build Output: node serve-function.cjs <handler file> <port>
const { createServer } = require("node:http");
const [, , handler, port] = process.argv;
createServer(require(handler)).listen(Number(port), "127.0.0.1");
