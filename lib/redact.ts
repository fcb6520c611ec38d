/** Addresses of people, and whatever else stands around an "@": a connection string's user and password. */
const AROUND_AT = /[^\s"'<>()]*@[^\s"'<>()]*/g;
/** What is quoted in a message is a value more often than a name. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;
/** A run of characters that could be a token, a key or a hash. */
const LONG = /[\w+/=%.~-]{20,}/g;
/** Words: `INTERNAL_SERVER_ERROR` is none of these. A token has digits, or capitals in the middle. */
const IN_NO_WORD = /\d|[a-z][A-Z]/;

/** A text of somebody else's without what could be personal or secret in it, for the log. */
export function redact(text: string): string {
  return text
    .replace(QUOTED, '"…"')
    .replace(AROUND_AT, "…@…")
    .replace(LONG, (run) => (IN_NO_WORD.test(run) ? "…" : run));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A path without what could be personal or secret in it. A UUID names a thing, and stays. */
export function redactPath(pathname: string): string {
  return pathname
    .split("/")
    .map((segment) => (UUID.test(segment) ? segment : redact(segment)))
    .join("/");
}
