import { messageOf } from "../lib/user-error";
import { failed, type Outcome } from "./check";

/** A server did not send a response. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  /** The error code of the network, such as `ECONNREFUSED`. */
  readonly code: string | undefined;

  /** `origin`: the server. `cause`: an error, or one of its codes. */
  constructor(
    readonly origin: string,
    cause: unknown,
  ) {
    super(`${origin} ${describeNetworkError(cause)}`);
    this.code = codeOf(cause);
  }
}

/** What a server does that has this error. The words follow the server's name. */
const DESCRIPTIONS: Record<string, string> = {
  ECONNREFUSED: "refuses connections: nothing listens there",
  ENOTFOUND: "is a host that does not exist",
  EAI_AGAIN: "is a host whose name cannot be looked up",
  ETIMEDOUT: "does not respond in time",
  timeout: "does not respond in time",
  ECONNRESET: "closes the connection without a response",
  EPROTO: "does not speak TLS",
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "does not speak TLS",
  CERT_HAS_EXPIRED: "has a certificate that has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "has a self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "has a certificate of an authority that this machine does not trust",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "has a certificate that leads to no authority that this machine trusts",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another name",
};

/** A network error in plain words, such as "refuses connections: nothing listens there". */
export function describeNetworkError(error: unknown): string {
  const code = codeOf(error);
  const message = messageOf(error);
  const found = Object.entries(DESCRIPTIONS).find(([known]) => code === known || message.includes(known));
  return found ? found[1] : `cannot be used (${code ?? message})`;
}

function codeOf(error: unknown): string | undefined {
  if (typeof error === "string") return error;
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : codeOf(error.cause ?? (error as AggregateError).errors?.[0]);
}

/** How to fix an error whose code tells more than that the server is not running. */
function findFix(code: string | undefined, address: string): string | undefined {
  switch (code) {
    case "ENOTFOUND":
      return `Correct ${address}, or add the name to the DNS`;
    case "EAI_AGAIN":
      return `Correct ${address}, or check that this machine can reach its DNS server`;
    case "ECONNRESET":
      return `Check the server's log; if that port speaks https, use https:// in ${address}`;
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return `Use the port that speaks https in ${address}, or serve TLS on this one`;
    case "CERT_HAS_EXPIRED":
      return "Renew the certificate";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return "Use a certificate that browsers accept, or add your own authority to NODE_EXTRA_CA_CERTS";
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "Serve the whole certificate chain (fullchain.pem), or add your own authority to NODE_EXTRA_CA_CERTS";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `Use a certificate for this name, or correct ${address}`;
    default:
      return undefined;
  }
}

/**
 * Turns {@link Unreachable} into a failed check. `server` names the server, and `address` where its
 * URL comes from: a variable, or "the address".
 * @throws any other error
 */
export function failUnreachable(error: unknown, server: string, address: string): Outcome {
  if (!(error instanceof Unreachable)) throw error;
  return failed(error.message, findFix(error.code, address) ?? `Start ${server}, or correct ${address}`);
}
