/**
 * Creates a UUID of version 4 (RFC 9562 §5.4). The page creates it, not the server: if the
 * response is lost, the page can send the task again, and the server does not add it twice.
 */
export function newId(): string {
  // Not `crypto.randomUUID`: browsers have it only on HTTPS and on localhost.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
