/** A secret's UTF-8 bytes as a key for HMAC-SHA256, which WebCrypto will not give out again. */
export function importHmacKey(secret: string, usages: KeyUsage[]): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, usages);
}

/** A ring of secrets: the first signs, all verify. */
export interface KeyRing {
  readonly size: number;
  /** In the ring's order. Imported at the first use, and kept. */
  keys(): Promise<readonly CryptoKey[]>;
}

export function openKeyRing(secrets: readonly string[]): KeyRing {
  let imported: Promise<CryptoKey[]> | undefined;
  return {
    size: secrets.length,
    keys() {
      imported ??= Promise.all(secrets.map((secret) => importHmacKey(secret, ["sign", "verify"])));
      return imported;
    },
  };
}
