import type { RouteKind } from "./routes";
import type { Identity } from "./token/contract";

/** What the gate knows about the visitor of a request that it passes. */
export type PassedSession =
  | {
      readonly state: "active";
      readonly identity: Identity;
      /** Milliseconds since the epoch. */
      readonly expiresAt: number;
    }
  | { readonly state: "none" }
  /** The path is open to everyone, so the gate has not looked the session up; or the store failed. */
  | { readonly state: "unknown" };

/** What the gate has decided about a request that it passes. */
export interface Passed {
  /** The backend's requests are forwarded, and files are the same for everyone. */
  readonly kind: Exclude<RouteKind, "backend" | "public-file">;
  readonly session: PassedSession;
}

/** Headers to add, for the page and for the browser, kept apart. */
export interface AddedHeaders {
  /** The page reads them with `headers()`. The browser never sees them. */
  readonly requestHeaders?: HeadersInit;
  /** The browser sees them. The page does not. */
  readonly responseHeaders?: HeadersInit;
}

/**
 * The `next` function of an app: it runs on each request that the gate passes
 * (docs/next-function.md). It returns headers to add, a `NextResponse` (`next`, a rewrite to a path
 * of this app, a redirect), a response of its own, or nothing.
 */
export type NextFunction<IncomingRequest extends Request = Request> = (
  request: IncomingRequest,
  passed: Passed,
) => NextResult | Promise<NextResult>;

export type NextResult = Response | AddedHeaders | undefined;
