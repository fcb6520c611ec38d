/**
 * A run of characters. One with an "@" is an email address, or other text around an "@", such as
 * the user and password of a connection string.
 */
const RUN = /[^\s"'<>()]+/g;
/** Quoted text in a message is usually a value, not a name. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;
/** A run of characters that could be a token, a key or a hash. */
const LONG = /[\w+/=%.~-]{20,}/g;
/**
 * Matches in a token, not in words such as `INTERNAL_SERVER_ERROR`: a token has digits, or capitals
 * in the middle.
 */
const TOKEN_LIKE = /\d|[a-z][A-Z]/;

/** Removes what could be personal or secret from a text of another program, for the log. */
export function redact(text: string): string {
  return (
    text
      .replace(QUOTED, '"…"')
      // Not one pattern that contains the "@": its time would grow with the square of the length.
      .replace(RUN, (run) => (run.includes("@") ? "…@…" : run))
      .replace(LONG, (run) => (TOKEN_LIKE.test(run) ? "…" : run))
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Removes what could be personal or secret from a path. A UUID identifies a thing, so it is kept.
 */
export function redactPath(pathname: string): string {
  return pathname
    .split("/")
    .map((segment) => (UUID.test(segment) ? segment : redact(segment)))
    .join("/");
}
