/** The gate's responses to requests that it does not pass or forward. The codes are stable. */
export const problems = {
  gate_signed_out: {
    status: 401,
    title: "Not signed in",
    detail: "There is no active session. Sign in and try again.",
  },
  gate_invalid_credential: {
    status: 401,
    title: "Credential not accepted",
    detail:
      "The key or token in Authorization is unknown, expired or revoked. Create a key, or sign in again.",
  },
  gate_cross_site: {
    status: 403,
    title: "Cross-site request refused",
    detail: "The request came from another site. Send it from a page of this app.",
  },
  gate_forbidden: {
    status: 403,
    title: "Not allowed",
    detail: "The session does not meet a requirement of this path.",
  },
  gate_sign_in_too_old: {
    status: 401,
    title: "Sign-in too old",
    detail: "This needs a recent sign-in. Sign in again.",
  },
  gate_bad_path: {
    status: 400,
    title: "Path refused",
    detail:
      "The path contains an encoded slash, backslash, dot segment or NUL, or an invalid percent-encoding, or begins with /_next/data/. Send it without.",
  },
  gate_not_websocket: {
    status: 400,
    title: "Upgrade refused",
    detail:
      "Only a WebSocket can be opened here, by GET, if the backend takes WebSockets. Send the request without an upgrade.",
  },
  gate_not_for_router: {
    status: 400,
    title: "Not a page",
    detail:
      "Next's router, or a prefetch, has requested a path of the backend. Use fetch, or <a> instead of <Link>.",
  },
  gate_not_embeddable: {
    status: 403,
    title: "Cannot be embedded",
    detail: "The backend's responses cannot be a script, a worker or a frame. Fetch the data, or link to it.",
  },
  gate_length_required: {
    status: 411,
    title: "Length required",
    detail: "The body has no Content-Length. Send one.",
  },
  gate_body_too_large: {
    status: 413,
    title: "Body too large",
    detail: "The body is over this deployment's limit. Send less at a time.",
  },
  gate_backend_unreachable: {
    status: 502,
    title: "The backend cannot be reached",
    detail:
      "The backend cannot be reached, or the connection to it broke. Check whether a change was made before you repeat it.",
  },
  gate_backend_timeout: {
    status: 504,
    title: "The backend takes too long",
    detail: "The backend has not responded in time. Whether the request was carried out is not known.",
  },
  gate_upload_timeout: {
    status: 408,
    title: "Upload timed out",
    detail: "The rest of the body has not arrived in time. Send the request again.",
  },
  gate_session_store_unreachable: {
    status: 503,
    title: "Sign-in cannot be checked",
    detail: "The session store does not respond. Try again in a moment.",
  },
  auth_unknown_path: {
    status: 404,
    title: "No such endpoint",
    detail: "This app serves no endpoint at this path. Paths are compared exactly: check its spelling.",
  },
  auth_wrong_method: {
    status: 405,
    title: "Method not allowed",
    detail: "This endpoint is not served for this method. The Allow header names the one that it takes.",
  },
  auth_busy: {
    status: 503,
    title: "Too many sign-ins at once",
    detail: "Too many passwords are being checked at once. Nothing has changed; try again in a moment.",
  },
  gate_failed: {
    status: 500,
    title: "The gate failed",
    detail: "Something went wrong before the request was let through. Try again in a moment.",
  },
} as const;

export type ProblemCode = keyof typeof problems;

/** RFC 9457 problem details. `detail` is the field that clients of FastAPI already read. */
export interface Problem {
  /** RFC 9457 §4.2.1: `about:blank`, because `code` identifies the problem. */
  type: "about:blank";
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  request_id: string;
  /** The condition that the session does not meet, such as `{ "role": "admin" }`. */
  required?: object;
}

/** What a response adds to the problem of a code. */
type ProblemDetails = Partial<Pick<Problem, "detail" | "required">>;

export function describeProblem(code: ProblemCode, requestId: string): Problem {
  const { status, title, detail } = problems[code];
  return { type: "about:blank", title, status, detail, code, request_id: requestId };
}

/** Seconds to wait before a retry (`Retry-After`). */
export const RETRY_AFTER = "5";

/** RFC 6750 §3.1 for programs. There is no registered scheme for session cookies. */
function challengeOf(code: ProblemCode): string {
  return code === "gate_invalid_credential"
    ? 'Bearer realm="gatehouse", error="invalid_token"'
    : 'Session realm="gatehouse"';
}

/** The problem as a response. No cache may store it. */
export function problemResponse(
  code: ProblemCode,
  requestId: string,
  details: ProblemDetails = {},
): Response {
  const { status } = problems[code];
  const headers = new Headers({
    "cache-control": "private, no-store",
    "content-type": "application/problem+json",
    "x-request-id": requestId,
  });
  // RFC 9110 §11.6.1: a 401 must name a scheme.
  if (status === 401) headers.set("www-authenticate", challengeOf(code));
  // RFC 9110 §10.2.3: the same request can succeed later.
  if (status >= 500) headers.set("retry-after", RETRY_AFTER);
  return new Response(JSON.stringify({ ...describeProblem(code, requestId), ...details }), {
    status,
    headers,
  });
}
