import type { KeyRing } from "../token/key-ring";

/** Length of a base64 SHA-256, including padding. */
const SIGNATURE_LENGTH = 44;

/** The signed cookies that Better Auth reads at each session lookup. */
const SIGNED = /((?:^|;\s*)(?:__Secure-)?better-auth\.(?:session_token|dont_remember)=)([^;]*)/g;

export interface SignedCookies {
  /** Whether this value is signed with one of the secrets. */
  isSigned(value: string): Promise<boolean>;
  /** Whether this value is signed with one of the secrets, but not with the first. */
  isSignedByOlder(value: string): Promise<boolean>;
  /** Returns the cookie for this value, signed with the first secret and percent-encoded. */
  sign(value: string): Promise<string>;
  /**
   * Returns the `Cookie` header, in which each value signed with an older secret is signed with the
   * first secret instead.
   */
  renew(header: string): Promise<string>;
}

/**
 * Checks and renews cookies as Better Auth signs them: `<value>.<base64 HMAC-SHA256 of value>`,
 * percent-encoded.
 *
 * Better Auth verifies them only with its first secret. So that a rotation signs nobody out, a
 * cookie that is signed with an older secret is passed to Better Auth with a new signature. The
 * browser gets a new cookie with the next page (`edge/session/renewal.ts`,
 * docs/decisions/010-rotating-the-auth-secret.md).
 */
export function createSignedCookies(ring: KeyRing): SignedCookies {
  /** The index in the ring of the secret that has signed this value, or -1. */
  async function signedBy({ value, signature }: Signed): Promise<number> {
    for (const [index, key] of (await ring.keys()).entries()) {
      if (await crypto.subtle.verify("HMAC", key, signature, encode(value))) return index;
    }
    return -1;
  }

  async function sign(value: string): Promise<string> {
    const [first] = await ring.keys();
    if (!first) throw new Error("the key ring is empty");
    const signature = await crypto.subtle.sign("HMAC", first, encode(value));
    return encodeURIComponent(`${value}.${btoa(String.fromCharCode(...new Uint8Array(signature)))}`);
  }

  return {
    sign,

    async isSigned(cookie) {
      const parts = splitSigned(cookie);
      return parts !== undefined && (await signedBy(parts)) >= 0;
    },

    async isSignedByOlder(cookie) {
      const parts = splitSigned(cookie);
      return parts !== undefined && (await signedBy(parts)) > 0;
    },

    async renew(header) {
      if (ring.size === 1) return header;
      let renewed = header;
      for (const [pair, start, cookie] of header.matchAll(SIGNED)) {
        const parts = splitSigned(cookie ?? "");
        if (!parts || (await signedBy(parts)) <= 0) continue;
        const signed = await sign(parts.value);
        renewed = renewed.replace(pair, () => start + signed);
      }
      return renewed;
    },
  };
}

interface Signed {
  readonly value: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Splits a signed value into its two parts, without checking the signature. Undefined if the value
 * does not have this form.
 */
export function splitSigned(cookie: string): Signed | undefined {
  let text: string;
  try {
    text = decodeURIComponent(cookie);
  } catch {
    return undefined;
  }
  // Accepts only the encoding that Better Auth uses. The text of the cookie is the key of a session
  // in memory, so one value must not have several encodings.
  if (encodeURIComponent(text) !== cookie) return undefined;
  const dot = text.lastIndexOf(".");
  const signature = text.slice(dot + 1);
  if (dot <= 0 || signature.length !== SIGNATURE_LENGTH || !/^[A-Za-z0-9+/]{43}=$/.test(signature)) {
    return undefined;
  }
  return {
    value: text.slice(0, dot),
    signature: Uint8Array.from(atob(signature), (character) => character.charCodeAt(0)),
  };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
