/** No form of ours comes near it; a sign-up with every field at its limit has 6 kB. */
export const MAX_AUTH_BODY_BYTES = 64 * 1024;

/** Deeper values serve no endpoint, and functions that walk them call themselves until the stack ends. */
const MAX_DEPTH = 16;

export type AuthInput =
  | { readonly body: Uint8Array<ArrayBuffer> | null }
  | { readonly refused: "too-large" | "invalid" };

/**
 * Reads what a request to Better Auth brings, and refuses what no Postgres can store and no parser should see: bodies
 * of more than 64 kB, what is no UTF-8, and texts with NUL or half a surrogate pair, in the body, the path or the query.
 */
export async function readAuthInput({ url, headers, body }: Request): Promise<AuthInput> {
  if (!isValidAddress(new URL(url))) return { refused: "invalid" };
  if (Number(headers.get("content-length")) > MAX_AUTH_BODY_BYTES) return { refused: "too-large" };
  if (body === null) return { body };
  const bytes = await readUpTo(body, MAX_AUTH_BODY_BYTES).catch(() => "cut" as const);
  // The client has gone in the middle.
  if (bytes === "cut") return { refused: "invalid" };
  if (bytes === "too-large") return { refused: "too-large" };
  if (bytes.length === 0) return { body: null };
  return isValidBody(bytes, headers.get("content-type") ?? "") ? { body: bytes } : { refused: "invalid" };
}

/** The length is counted: a chunked body does not name it. */
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

/** Percent-encoding that is no UTF-8 is left to the router: it matches no endpoint, or no token. */
function isValidAddress({ pathname, searchParams }: URL): boolean {
  return !/%00/.test(pathname) && [...searchParams].flat().every(isValidText);
}

function isValidBody(bytes: Uint8Array, contentType: string): boolean {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return false;
  }
  if (/^\s*application\/x-www-form-urlencoded/i.test(contentType)) {
    return [...new URLSearchParams(text)].flat().every(isValidText);
  }
  try {
    return isValidValue(JSON.parse(text), MAX_DEPTH);
  } catch {
    // Better Auth refuses it, with the reason.
    return isValidText(text);
  }
}

function isValidValue(value: unknown, depth: number): boolean {
  if (typeof value === "string") return isValidText(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  return Object.entries(value).every(([key, inner]) => isValidText(key) && isValidValue(inner, depth - 1));
}

/** Half a surrogate pair has no UTF-8, and Postgres has no NUL in a text. */
function isValidText(text: string): boolean {
  return !text.includes("\u0000") && !/\p{Surrogate}/u.test(text);
}
