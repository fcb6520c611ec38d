import type { Log } from "../lib/log";

/**
 * Headers that are dropped on every deployment: HTTP's own, Next's, and what browsers, proxies and
 * platforms add by themselves. A line for these would help nobody.
 */
const EXPECTED = new RegExp(
  `^(?:${[
    "host|connection|keep-alive|te|trailer|upgrade|expect|via|cookie|authorization|accept-encoding|http2-settings",
    "rsc|next-.*|x-nextjs-.*|x-middleware-.*|x-invoke-.*",
    "forwarded|x-forwarded.*|x-real-ip|x-request-id|x-vercel-.*|x-matched-path|x-amzn-trace-id|cf-.*|cdn-loop",
  ].join("|")})$`,
);

/** RFC 9110 §5.1 allows more; a name that a developer would look for has no more than this. */
const WORTH_LOGGING = /^[a-z][a-z0-9-]{1,39}$/;

/** The log gets this many names in the life of an isolate: a caller can send any number of them. */
const MAX_NAMES = 50;

/**
 * Writes the name of a header that is not forwarded to the log, the first time that it is dropped.
 */
export function createDroppedHeaderLog(log: Log): (name: string) => void {
  const seen = new Set<string>();
  let logged = 0;
  return (name) => {
    if (logged === MAX_NAMES || seen.has(name)) return;
    // One entry for each name that is not logged either, so that the pattern is run once for it.
    if (seen.size < 2 * MAX_NAMES) seen.add(name);
    if (!WORTH_LOGGING.test(name) || EXPECTED.test(name)) return;
    seen.add(name);
    logged++;
    log({ code: "header_not_forwarded", route: "backend", what: name });
  };
}
