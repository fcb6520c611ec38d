import { withoutBasePath } from "../lib/base-path";
import type { Routes } from "../lib/routes";
import type { Classified, Classify } from "./classify";
import type { RequestHeaders } from "./request-headers";
import { readBearer } from "./session/bearer";

/** An incoming request, parsed once. */
export interface GateRequest {
  /** The request as the runtime passed it. */
  readonly raw: Request;
  /**
   * Made by the gate, whatever the client sent. It is in each log line and in each response of the
   * gate.
   */
  readonly requestId: string;
  readonly headers: RequestHeaders;
  /** Without the app's base path. */
  readonly pathname: string;
  /** With its question mark; empty without a query. */
  readonly search: string;
  readonly classified: Classified;
  /** Whether this is an upgrade: the client holds the socket open for another protocol. */
  readonly isUpgrade: boolean;
  /**
   * A program's credential, for a path of the backend that is not open. If it is set, the request
   * has no session cookie.
   */
  readonly bearer?: string | undefined;
}

/** Parses a request. `requestId` becomes its ID. */
export function readRequest(
  raw: Request,
  requestId: string,
  classify: Classify,
  routes: Pick<Routes, "basePath">,
): GateRequest {
  const headers = new Map<string, string>();
  raw.headers.forEach((value, name) => void headers.set(name, value));
  const url = splitUrl(raw.url);
  const { search } = url;
  const pathname = withoutBasePath(url.pathname, routes);
  const classified = classify(raw.method, pathname, headers);
  const isUpgrade = classified.wants === "upgrade" || classified.wants === "other-upgrade";
  const hasBearer = classified.kind === "backend" && classified.access !== "open";
  const bearer = hasBearer ? readBearer(headers) : undefined;
  return { raw, requestId, headers, pathname, search, classified, isUpgrade, bearer };
}

/**
 * The URL of a `Request` is already serialised (Fetch §5.4), so it is split and not parsed again.
 */
function splitUrl(url: string): { pathname: string; search: string } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  const path = end < 0 ? url.slice(start) : url.slice(start, end);
  const query = path.indexOf("?");
  return query < 0
    ? { pathname: path, search: "" }
    : { pathname: path.slice(0, query), search: path.slice(query) };
}
