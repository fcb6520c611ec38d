// Loaded into a server with `--require`: its TLS connections to the hosts of LEAD_HOSTS end at 127.0.0.1:LEAD_PORT. Names are sent and
// certificates are checked as ever, so that whoever answers there has to have one for them.
const tls = require("node:tls");

const { connect } = tls;
const { LEAD_HOSTS = "", LEAD_PORT } = process.env;
const led = new Set(LEAD_HOSTS.split(","));

tls.connect = (options, ...rest) =>
  connect(led.has(options.host) ? { ...options, host: "127.0.0.1", port: LEAD_PORT } : options, ...rest);
