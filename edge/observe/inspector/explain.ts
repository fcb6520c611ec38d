import type { Decision, Forward } from "../../decide";
import type { GateRequest } from "../../request";
import type { SessionResult } from "../../session/session";

/** Explains a decision of the gate for the inspector's page, in one or two sentences. */
export function explain(request: GateRequest, session: SessionResult, decision: Decision): string {
  switch (decision.do) {
    case "pass":
      return explainPass(request, session);
    case "forward":
      return explainForward(request, session, decision);
    case "redirect":
    case "redirect-action":
      return decision.to === "login"
        ? `${describeSession(request, session)} This page needs a session, so the visitor is redirected to sign in first.`
        : `${describeSession(request, session)} This page is for guests, so the visitor is redirected.`;
    case "show-unavailable":
      return "The session store does not respond. An outage is not a sign-out: the visitor gets a 503 page and keeps all cookies.";
    case "refuse":
      return explainRefusal(request, session, decision.code);
    default:
      decision satisfies never;
      return "";
  }
}

function explainForward(request: GateRequest, session: SessionResult, { as }: Forward): string {
  switch (as) {
    case "user":
      return `${describeSession(request, session)} The request goes to FastAPI with the user's token.`;
    case "anonymous":
      return `${describeSession(request, session)} The session is optional here, so the request goes to FastAPI without a token.`;
    case "itself":
      return "An open path: the gate does not look up the session, and FastAPI receives the caller's own Authorization.";
    default:
      as satisfies never;
      return "";
  }
}

function explainPass(request: GateRequest, session: SessionResult): string {
  const { kind } = request.classified;
  if (kind === "public-file") return "A public file: it needs no session.";
  if (kind === "static-page") return "A static page: it needs no session.";
  if (kind === "public-page") return "A public page: it needs no session.";
  if (kind === "open-api")
    return "This route makes its own checks, so the gate does not look up the session.";
  if (kind !== "guest-page") return `${describeSession(request, session)} Nothing else is required here.`;
  return session.state === "unreachable"
    ? "The session store does not respond. The page for guests is shown in any case."
    : "A page for guests, and the visitor is signed out.";
}

function describeSession({ headers }: GateRequest, session: SessionResult): string {
  if (session.state === "unreachable") return "The session store does not respond.";
  if (session.state === "invalid") return "The program's key or token is not valid.";
  if (session.state === "none") {
    return headers.get("cookie")?.includes("session_token")
      ? "The request has a session cookie, but there is no such session."
      : "The request has no session cookie.";
  }
  if (session.session.jwt !== undefined) return "Signed in by a token that the gate has issued itself.";
  switch (session.source) {
    case "memory":
      return "Signed in: this isolate has the session in memory.";
    case "cookie":
      return "Signed in: the signed cookie cache contains the session and is recent enough.";
    case "store":
      return "Signed in: the session store has confirmed the session.";
    default:
      session.source satisfies never;
      return "";
  }
}

function explainRefusal(
  request: GateRequest,
  session: SessionResult,
  code: Extract<Decision, { do: "refuse" }>["code"],
): string {
  switch (code) {
    case "gate_signed_out":
      return `${describeSession(request, session)} A script cannot use a redirect to the sign-in page, so it gets a 401.`;
    case "gate_invalid_credential":
      return "A program has sent a key or token that is unknown, expired or revoked.";
    case "gate_cross_site":
      return "A page of another site has sent this request, and it could change something for the signed-in user.";
    case "gate_forbidden":
      return `${describeSession(request, session)} The session does not meet a rule of requirements in lib/routes.ts.`;
    case "gate_sign_in_too_old":
      return `${describeSession(request, session)} A rule of requirements in lib/routes.ts needs a more recent sign-in.`;
    case "gate_bad_path":
      return "A server could read the path as another one: it contains an encoded slash, backslash, dot segment or NUL, an invalid percent-encoding, or begins with /_next/data/.";
    case "gate_not_websocket":
      return "The client requests an upgrade. The gate forwards only WebSockets, and only to a backend that takes them.";
    case "gate_not_for_router":
      return "Next's router or a prefetch has sent this request. It would call an endpoint that the app has not called.";
    case "gate_not_embeddable":
      return "A page tries to run the backend's response as a script or worker, or to show it in a frame.";
    case "gate_length_required":
      return "The body has no declared length, so the gate cannot compare it with the limit.";
    case "gate_body_too_large":
      return "The declared length is invalid, or over the limit (maxBodyMb of the backend, or MAX_BODY_MB).";
    case "gate_upload_timeout":
      return "The client has sent no further part of the body for the backend's timeoutSeconds, or BACKEND_TIMEOUT_SECONDS.";
    case "gate_session_store_unreachable":
      return "The session store does not respond. An outage is not a sign-out: the caller can try again.";
    case "gate_backend_unreachable":
    case "gate_backend_timeout":
      return "FastAPI does not respond.";
    case "auth_unknown_path":
    case "auth_wrong_method":
      return "The route handler of /api/auth has no such endpoint.";
    case "auth_busy":
      return "Too many requests that hash a password were already waiting.";
    case "gate_failed":
      return "The gate itself has failed.";
    default:
      code satisfies never;
      return "";
  }
}
