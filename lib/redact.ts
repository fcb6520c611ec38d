/** A run of characters around an "@" is the address of a person, or a connection string with its password. */
const RUN = /[^\s"'<>()]+/g;
/** What is quoted in a message is a value more often than a name. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;
/** A run of characters that could be a token, a key or a hash. */
const LONG = /[\w+/=%.~-]{20,}/g;
/** Words: `INTERNAL_SERVER_ERROR` is none of these. A token has digits, or capitals in the middle. */
const IN_NO_WORD = /\d|[a-z][A-Z]/;

/** A text of somebody else's without what could be personal or secret in it, for the log. */
export function redact(text: string): string {
  return (
    text
      .replace(QUOTED, '"…"')
      // Not one pattern with the "@" in it: that would take a time that grows with the square of the length.
      .replace(RUN, (run) => (run.includes("@") ? "…@…" : run))
      .replace(LONG, (run) => (IN_NO_WORD.test(run) ? "…" : run))
  );
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A path without what could be personal or secret in it. A UUID names a thing, and stays. */
export function redactPath(pathname: string): string {
  return pathname
    .split("/")
    .map((segment) => (UUID.test(segment) ? segment : redact(segment)))
    .join("/");
}
