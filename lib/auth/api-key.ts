/**
 * API keys: `gate_`, 40 random letters and digits, and a checksum of 8 hex digits. A program sends
 * one as `Authorization: Bearer`, and the database holds only its hash.
 */

const PREFIX = "gate_";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** 40 characters of 62 are 238 bits. Nobody can guess one, so a fast hash is enough. */
const RANDOM_LENGTH = 40;
const FORM = /^gate_[A-Za-z0-9]{40}[0-9a-f]{8}$/;

/** Characters of a key that its owner sees in the list of keys. */
const SHOWN_LENGTH = PREFIX.length + 4;

/** Makes a new key. */
export function createApiKey(): string {
  let body = PREFIX;
  while (body.length < PREFIX.length + RANDOM_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))) {
      // 248 is the largest multiple of 62 below 256: all characters are equally likely.
      if (byte < 248 && body.length < PREFIX.length + RANDOM_LENGTH) body += ALPHABET[byte % 62];
    }
  }
  return body + checksum(body);
}

/**
 * Whether this text has the form of a key, with the right checksum. A key that was mistyped or made
 * up without knowing the form is refused by this alone, and causes no lookup.
 */
export function isApiKey(text: string): boolean {
  return FORM.test(text) && checksum(text.slice(0, -8)) === text.slice(-8);
}

/** The hash that the database holds: SHA-256 in hex digits. */
export async function hashApiKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The first characters of a key, by which its owner recognises it. */
export function startOfApiKey(key: string): string {
  return key.slice(0, SHOWN_LENGTH);
}

/** CRC-32 (ISO 3309) of an ASCII text, as 8 hex digits. */
function checksum(text: string): string {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}
