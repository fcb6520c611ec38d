/** A secret's UTF-8 bytes as a key for HMAC-SHA256, which WebCrypto will not give out again. */
export function importHmacKey(secret: string, usages: KeyUsage[]): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, usages);
}
