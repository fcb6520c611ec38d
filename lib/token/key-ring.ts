/** Imports the UTF-8 bytes of a secret as a key for HMAC-SHA256. The key cannot be exported. */
export function importHmacKey(secret: string, usages: KeyUsage[]): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, usages);
}

/** A ring of secrets. The first one signs, all of them verify. */
export interface KeyRing {
  readonly size: number;
  /** In the order of the ring. The keys are imported at the first call and kept. */
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
