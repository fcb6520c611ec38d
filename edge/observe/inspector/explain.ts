import type { Decision } from "../../decide";
import type { GateRequest } from "../../request";
import type { SessionResult } from "../../session/reader";

/** Explains the gate's decision for `/__gate`, in one or two sentences. */
export function explain(asked: GateRequest, session: SessionResult, decision: Decision): string {
  switch (decision.do) {
    case "pass":
      return whyPassed(asked, session);
    case "forward":
      return `${whoAsked(asked, session)} The call goes to FastAPI with their token.`;
    case "redirect":
    case "redirect-action":
      return decision.to === "login"
        ? `${whoAsked(asked, session)} This needs a session, so the visitor is sent to sign in, and back after it.`
        : `${whoAsked(asked, session)} The sign-in page is for guests, so they are sent on.`;
    case "show-unavailable":
      return "The session store does not answer. A fault is no sign-out: a page says so, and every cookie stays.";
    case "refuse":
      return whyRefused(asked, session, decision.code);
    default:
      decision satisfies never;
      return "";
  }
}

function whyPassed(asked: GateRequest, session: SessionResult): string {
  const { kind } = asked.classified;
  if (kind === "public-page") return "A public page: nobody has to be known to see it.";
  if (kind === "open-api") return "This route answers for itself, so the gate asks nobody who they are.";
  if (kind !== "guest-page") return `${whoAsked(asked, session)} That is all this asks for.`;
  return session.state === "unreachable"
    ? "The session store does not answer, and the sign-in page shows all the same."
    : "The sign-in page, and nobody is signed in.";
}

function whoAsked({ headers }: GateRequest, session: SessionResult): string {
  if (session.state === "unreachable") return "The session store does not answer.";
  if (session.state === "none") {
    return headers.get("cookie")?.includes("session_token")
      ? "A session cookie came, and no session stands behind it."
      : "No session cookie came.";
  }
  switch (session.source) {
    case "memory":
      return "Signed in: this isolate has seen the session a moment ago.";
    case "cookie":
      return "Signed in: the signed cookie says so, and is fresh enough to be believed.";
    case "store":
      return "Signed in: the session store was asked, and knows the session.";
    default:
      session.source satisfies never;
      return "";
  }
}

function whyRefused(
  asked: GateRequest,
  session: SessionResult,
  code: Extract<Decision, { do: "refuse" }>["code"],
): string {
  switch (code) {
    case "gate_signed_out":
      return `${whoAsked(asked, session)} A script cannot use a redirect to the sign-in page, so it gets a 401.`;
    case "gate_cross_site":
      return "A page of another site sent this, and it would change something in the name of whoever is signed in.";
    case "gate_bad_path":
      return "The path holds an encoded slash, backslash, dot segment or NUL: the backend might read it as another one.";
    case "gate_not_websocket":
      return "The client wants to go on in another protocol, and WebSocket is the only one that passes.";
    case "gate_not_for_router":
      return "Next's router or a prefetch wants this. It would call an endpoint that nobody has called.";
    case "gate_not_embeddable":
      return "A page wanted to run the backend's response as a script or worker, or to show it in a frame.";
    case "gate_length_required":
      return "The body comes without its length, and the gate forwards none that it cannot judge beforehand.";
    case "gate_body_too_large":
      return "The body is larger than MAX_BODY_MB.";
    case "gate_upload_timeout":
      return "The client has sent no further part of the body for BACKEND_TIMEOUT_SECONDS.";
    case "gate_session_store_unreachable":
      return "The session store does not answer. A fault is no sign-out: the caller may try again.";
    case "gate_backend_unreachable":
    case "gate_backend_timeout":
      return "FastAPI does not answer.";
    case "auth_unknown_path":
    case "auth_wrong_method":
      return "The route handler of /api/auth serves no such endpoint.";
    case "auth_busy":
      return "Too many requests that hash a password were waiting already.";
    case "gate_failed":
      return "Something failed in the gate itself.";
    default:
      code satisfies never;
      return "";
  }
}
