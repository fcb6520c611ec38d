// Loaded into a server with `--require`: redirects its TLS connections to the hosts in LEAD_HOSTS
// to 127.0.0.1:LEAD_PORT. Server names are still sent and certificates are still checked, so the
// server on that port needs a certificate for these hosts.
const tls = require("node:tls");

const { connect } = tls;
const { LEAD_HOSTS = "", LEAD_PORT } = process.env;
const led = new Set(LEAD_HOSTS.split(","));

tls.connect = (options, ...rest) =>
  connect(led.has(options.host) ? { ...options, host: "127.0.0.1", port: LEAD_PORT } : options, ...rest);
