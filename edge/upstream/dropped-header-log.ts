import type { Log } from "../../lib/log/log";

/**
 * Headers that are dropped in every deployment: headers of HTTP itself, of Next, and those that
 * browsers, proxies and platforms add. To log them would help no developer.
 */
const EXPECTED = new RegExp(
  `^(?:${[
    "host|connection|keep-alive|te|trailer|upgrade|expect|via|cookie|authorization|accept-encoding|http2-settings",
    "rsc|next-.*|x-nextjs-.*|x-middleware-.*|x-invoke-.*",
    "forwarded|x-forwarded.*|x-real-ip|x-request-id|x-vercel-.*|x-matched-path|x-amzn-trace-id|cf-.*|cdn-loop",
  ].join("|")})$`,
);

/** RFC 9110 §5.1 allows more, but the names that a developer would look for have this form. */
const WORTH_LOGGING = /^[a-z][a-z0-9-]{1,39}$/;

/**
 * Attack: a caller sends any number of names to fill the log. Defence: an isolate logs at most this
 * many.
 */
const MAX_NAMES = 50;

/**
 * Returns a function that logs the name of a dropped header when it sees the name for the first
 * time (`header_not_forwarded`).
 */
export function createDroppedHeaderLog(log: Log): (name: string) => void {
  const seen = new Set<string>();
  let logged = 0;
  return (name) => {
    if (logged === MAX_NAMES || seen.has(name)) return;
    // Names that are not logged are kept as well, so that the patterns run only once for them.
    if (seen.size < 2 * MAX_NAMES) seen.add(name);
    if (!WORTH_LOGGING.test(name) || EXPECTED.test(name)) return;
    seen.add(name);
    logged++;
    log({ code: "header_not_forwarded", route: "backend", what: name });
  };
}
