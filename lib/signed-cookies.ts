import type { KeyRing } from "./hmac";

/** Length of a base64 SHA-256 with its padding. */
const SIGNATURE_LENGTH = 44;

/** The cookies that Better Auth signs and reads at each look-up. */
const SIGNED = /((?:^|;\s*)(?:__Secure-)?better-auth\.(?:session_token|dont_remember)=)([^;]*)/g;

export interface SignedCookies {
  /** Whether one of the secrets has signed this value. */
  isSigned(value: string): Promise<boolean>;
  /** The `Cookie` header with each value that an older secret has signed signed by the first. */
  renew(header: string): Promise<string>;
}

/**
 * Cookies as Better Auth signs them: `<value>.<base64 HMAC-SHA256 of value>`, percent-encoded. Better Auth verifies
 * them with its first secret alone; so that a rotation signs nobody out, it is shown what an older one has signed
 * under a new signature, and sends the browser a cookie of its own when it next extends the session
 * (docs/decisions/010-rotating-the-auth-secret.md).
 */
export function createSignedCookies(ring: KeyRing): SignedCookies {
  /** The place in the ring of the secret that has signed this value; -1 where none has. */
  async function signedBy({ value, signature }: Signed): Promise<number> {
    for (const [place, key] of (await ring.keys()).entries()) {
      if (await crypto.subtle.verify("HMAC", key, signature, encode(value))) return place;
    }
    return -1;
  }

  return {
    async isSigned(cookie) {
      const parts = splitSigned(cookie);
      return parts !== undefined && (await signedBy(parts)) >= 0;
    },

    async renew(header) {
      if (ring.size === 1) return header;
      let renewed = header;
      for (const [pair, start, cookie] of header.matchAll(SIGNED)) {
        const parts = splitSigned(cookie ?? "");
        const [first] = await ring.keys();
        if (!parts || !first || (await signedBy(parts)) <= 0) continue;
        const signature = await crypto.subtle.sign("HMAC", first, encode(parts.value));
        const signed = `${parts.value}.${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
        renewed = renewed.replace(pair, () => start + encodeURIComponent(signed));
      }
      return renewed;
    },
  };
}

interface Signed {
  readonly value: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** The two parts of a signed value; undefined where it is none, whatever the signature. */
export function splitSigned(cookie: string): Signed | undefined {
  let text: string;
  try {
    text = decodeURIComponent(cookie);
  } catch {
    return undefined;
  }
  // One value has one spelling, Better Auth's: what is known of a cookie is known by its text.
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
