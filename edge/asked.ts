import { type Classified, classify } from "./classify";
import type { RequestHeaders } from "./request-headers";

/** A request as it came in, taken apart once. */
export interface Asked {
  readonly request: Request;
  /** Made here, whatever the client sent: it is in every line of the log and every answer of ours. */
  readonly requestId: string;
  readonly headers: RequestHeaders;
  readonly pathname: string;
  /** With its question mark. */
  readonly search: string;
  readonly classified: Classified;
  /** Whether the client holds a socket open for another protocol. */
  readonly isUpgrade: boolean;
}

export function read(request: Request, requestId: string): Asked {
  const headers = new Map<string, string>();
  request.headers.forEach((value, name) => void headers.set(name, value));
  const { pathname, search } = splitUrl(request.url);
  const classified = classify(request.method, pathname, headers);
  const isUpgrade = classified.wants === "upgrade" || classified.wants === "other-upgrade";
  return { request, requestId, headers, pathname, search, classified, isUpgrade };
}

/** A request's address is a URL already, serialised (Fetch §5.4): to parse it again would change nothing. */
function splitUrl(url: string): { pathname: string; search: string } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  const path = end < 0 ? url.slice(start) : url.slice(start, end);
  const query = path.indexOf("?");
  return query < 0
    ? { pathname: path, search: "" }
    : { pathname: path.slice(0, query), search: path.slice(query) };
}
