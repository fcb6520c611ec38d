import { splitCookie } from "../lib/cookies";
import type { AddedHeaders, NextResult } from "../lib/next-function";

type Header = readonly [name: string, value: string];

/** What the `next` function adds to a request that passes, and to its response. */
export interface Additions {
  /** Whether the request continues to a page, and to which one instead of the requested one. */
  readonly continues: boolean;
  readonly rewrite: string | undefined;
  readonly requestHeaders: readonly Header[];
  /** Whether a header of the incoming request reaches the page. */
  readonly keeps: (name: string) => boolean;
  readonly responseHeaders: readonly Header[];
  readonly setCookies: readonly string[];
}

/**
 * Request headers that the function cannot change.
 *
 * Attack: a mistake in the function, or a value that it copies from the client, could give the page
 * another identity (`cookie`, `authorization`), another client address or origin (forwarding
 * headers, `sec-fetch-site`), a policy without the gate's nonce, or another body (RFC 9112 §11.2, request smuggling).
 * Defence: these headers keep the values that the gate gives them.
 */
const FIXED_REQUEST_HEADER =
  /^(?:cookie|authorization|host|origin|forwarded|x-real-ip|x-request-id|trace(?:parent|state)|content-security-policy|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|rsc|(?:proxy|sec-fetch|x-forwarded|next|x-nextjs|x-middleware|x-vercel)-.*)$/;

/**
 * Response headers that the function cannot set: the notation in which Next's server takes orders,
 * and headers that describe the bytes of a body. The gate sets its own headers after these.
 */
const FIXED_RESPONSE_HEADER =
  /^(?:set-cookie|connection|keep-alive|transfer-encoding|content-length|content-encoding|trailer|upgrade|(?:x-middleware|x-nextjs|x-action)-.*)$/;

/** Better Auth's cookies. The prefixes are those of RFC 6265bis §4.1.3. */
const SESSION_COOKIE = /^(?:__secure-|__host-)?better-auth\./i;

/**
 * Reads the result of the `next` function: plain headers, or a response in Next's notation.
 * `clientAddressHeader` is one more request header that the function cannot change.
 */
export function readAdditions(result: NextResult, clientAddressHeader: string | undefined): Additions {
  const isFixed = (name: string) => FIXED_REQUEST_HEADER.test(name) || name === clientAddressHeader;
  const { requestHeaders, names, responseHeaders, ...rest } =
    result instanceof Response ? fromResponse(result) : fromHeaders(result);
  return {
    ...rest,
    requestHeaders: requestHeaders.filter(([name]) => !isFixed(name)),
    keeps: (name) => names === undefined || names.has(name) || isFixed(name),
    responseHeaders: [...responseHeaders].filter(([name]) => !FIXED_RESPONSE_HEADER.test(name)),
    setCookies: responseHeaders.getSetCookie().filter(isOwnCookie),
  };
}

function fromHeaders({ requestHeaders, responseHeaders }: AddedHeaders = {}) {
  return {
    continues: true,
    rewrite: undefined,
    requestHeaders: [...new Headers(requestHeaders)],
    names: undefined,
    responseHeaders: new Headers(responseHeaders),
  };
}

/** `NextResponse.next` and `NextResponse.rewrite` list all headers of the request for the page. */
function fromResponse({ headers }: Response) {
  const rewrite = headers.get("x-middleware-rewrite") ?? undefined;
  const list = headers.get("x-middleware-override-headers");
  const names = list === null ? [] : list.split(",").map((name) => name.trim().toLowerCase());
  return {
    continues: rewrite !== undefined || headers.has("x-middleware-next"),
    rewrite,
    requestHeaders: names.flatMap((name): Header[] => {
      const value = headers.get(`x-middleware-request-${name}`);
      return value === null ? [] : [[name, value]];
    }),
    names: list === null ? undefined : new Set(names),
    responseHeaders: headers,
  };
}

/** The function cannot replace or delete a session. A cookie without a name could look like any. */
function isOwnCookie(cookie: string): boolean {
  const [name] = splitCookie(cookie.split(";", 1)[0] ?? "");
  return name !== "" && !SESSION_COOKIE.test(name);
}
