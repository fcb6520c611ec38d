import "server-only";

/** Far above the size of any form of this app: a sign-up with every field at its limit has 6 kB. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * No endpoint needs deeper values. Attack: a deeply nested value makes recursive functions overflow
 * the stack.
 */
const MAX_DEPTH = 16;

/** The `Content-Type` of a form. */
export const FORM = /^\s*application\/x-www-form-urlencoded/i;

export type RequestBody =
  | { readonly body: Uint8Array<ArrayBuffer> | null }
  | { readonly refused: "too-large" | "invalid" };

/**
 * Reads the body of a request to Better Auth. Refuses input that Postgres cannot store or that
 * should not reach a parser: a body of more than 64 kB, a body that is not UTF-8, a value that is
 * nested too deeply, and text with NUL or an unpaired surrogate, in the body, the path or the
 * query.
 */
export async function readRequestBody({ url, headers, body }: Request): Promise<RequestBody> {
  if (!isValidUrl(new URL(url))) return { refused: "invalid" };
  if (Number(headers.get("content-length")) > MAX_BODY_BYTES) return { refused: "too-large" };
  if (body === null) return { body };
  const bytes = await readUpTo(body, MAX_BODY_BYTES).catch(() => "cut" as const);
  // The client disconnected during the body.
  if (bytes === "cut") return { refused: "invalid" };
  if (bytes === "too-large") return { refused: "too-large" };
  if (bytes.length === 0) return { body: null };
  return isValidBody(bytes, headers.get("content-type") ?? "") ? { body: bytes } : { refused: "invalid" };
}

/** Counts the bytes itself, because a chunked body has no Content-Length. */
async function readUpTo(body: ReadableStream, max: number): Promise<Uint8Array<ArrayBuffer> | "too-large"> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > max) {
      await reader.cancel();
      return "too-large";
    }
    chunks.push(value);
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

/**
 * Percent-encoding that is not UTF-8 is left to the router: it matches no endpoint, or no token.
 */
function isValidUrl({ pathname, searchParams }: URL): boolean {
  return !/%00/.test(pathname) && [...searchParams].flat().every(isValidText);
}

function isValidBody(bytes: Uint8Array, contentType: string): boolean {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return false;
  }
  if (FORM.test(contentType)) {
    return [...new URLSearchParams(text)].flat().every(isValidText);
  }
  try {
    return isValidValue(JSON.parse(text), MAX_DEPTH);
  } catch {
    // Not JSON: Better Auth refuses it and returns the reason.
    return isValidText(text);
  }
}

function isValidValue(value: unknown, depth: number): boolean {
  if (typeof value === "string") return isValidText(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  return Object.entries(value).every(([key, inner]) => isValidText(key) && isValidValue(inner, depth - 1));
}

/** An unpaired surrogate cannot be encoded as UTF-8, and Postgres cannot store NUL in a text. */
function isValidText(text: string): boolean {
  return !text.includes("\u0000") && !/\p{Surrogate}/u.test(text);
}
