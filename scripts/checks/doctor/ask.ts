import { fail, type Outcome } from "./check";

/** A server that sends nothing for this long counts as unreachable. Milliseconds. */
const ANSWER_WITHIN = 5_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /**
   * How far the server's clock is ahead of this machine's, in seconds. Undefined without a valid
   * `Date` header.
   */
  readonly ahead: number | undefined;
}

/**
 * Sends one request and follows no redirect.
 * @throws {Unreachable}
 */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const before = Date.now();
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
      ...init,
    });
    const after = Date.now();
    const date = Date.parse(response.headers.get("date") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      // `Date` has no fraction of a second, so on average it is half a second behind.
      ahead: Number.isNaN(date) ? undefined : (date + 500 - (before + after) / 2) / 1000,
    };
  } catch (error) {
    throw new Unreachable(url, error);
  }
}

/** The server did not send a response. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  /** The error code of the network, such as `ECONNREFUSED`. */
  readonly code: string | undefined;

  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`${new URL(url).origin} ${inWords(cause)}`);
    this.code = codeOf(cause);
  }
}

/** A network error in plain words. */
export function inWords(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const known = Object.entries(WORDS).find(([word]) => code === word || message.includes(word));
  return known ? known[1] : `cannot be used (${code ?? message})`;
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: "refuses connections: nothing listens there",
  ENOTFOUND: "is a host that does not exist",
  EAI_AGAIN: "is a host whose name cannot be looked up",
  ECONNRESET: "broke the connection off",
  TimeoutError: `says nothing for ${ANSWER_WITHIN / 1000} s`,
  timeout: `says nothing for ${ANSWER_WITHIN / 1000} s`,
  UND_ERR_SOCKET: "takes connections and closes them without an answer",
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "does not speak TLS",
  CERT_HAS_EXPIRED: "has a certificate that has run out",
  DEPTH_ZERO_SELF_SIGNED_CERT: "has a certificate that nobody vouches for",
  SELF_SIGNED_CERT_IN_CHAIN: "has a certificate of an authority that this machine does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "has a certificate that leads to no authority that this machine knows",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another name",
};

/** How to fix an error whose code tells more than that the server is not running. */
function mendFor(code: string | undefined, address: string): string | undefined {
  switch (code) {
    case "ENOTFOUND":
      return `Correct ${address}, or enter the name into the DNS`;
    case "EAI_AGAIN":
      return `Correct ${address}, or see that this machine reaches its DNS server`;
    case "UND_ERR_SOCKET":
      return `See what its log says; if that port speaks https, say so in ${address}`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return `Put the port that speaks https into ${address}, or have TLS end at this one`;
    case "CERT_HAS_EXPIRED":
      return "Renew the certificate";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return "Give it a certificate that browsers accept; an authority of your own goes into NODE_EXTRA_CA_CERTS";
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return "Have it send the whole chain (fullchain.pem); an authority of your own goes into NODE_EXTRA_CA_CERTS";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `Have the certificate made out for this name, or correct ${address}`;
    default:
      return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "TimeoutError") return error.name;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : codeOf(error.cause ?? (error as AggregateError).errors?.[0]);
}

/**
 * Turns {@link Unreachable} into a failed check. `address` names where the URL comes from: a
 * variable, or "the address".
 * @throws any other error
 */
export function failWhenUnreachable(error: unknown, who: string, address: string): Outcome {
  if (!(error instanceof Unreachable)) throw error;
  return fail(error.message, mendFor(error.code, address) ?? `Start ${who}, or correct ${address}`);
}
