import type { ProblemCode } from "../lib/problem";
import type { Facts } from "./facts";
import type { Unmet } from "./requirements";
import type { KnownSession } from "./session/session";

/**
 * What the gate does with a request. `to: "next"` is the path in the `next` parameter of the
 * sign-in page, or else the home page.
 */
export type Decision =
  | { readonly do: "pass" }
  | Forward
  | { readonly do: "refuse"; readonly code: Exclude<ProblemCode, UnmetCode> }
  /** The session is active, and does not meet a rule for the path. */
  | { readonly do: "refuse"; readonly code: UnmetCode; readonly unmet: Unmet }
  /** The 503 page, for a visitor whose session cannot be checked at the moment. */
  | { readonly do: "show-unavailable" }
  | { readonly do: "redirect"; readonly to: "login" | "next"; readonly status: 303 | 307 }
  /** The same redirect for a server action, in a header that Next's client reads. */
  | { readonly do: "redirect-action"; readonly to: "login" | "next" };

type UnmetCode = "gate_forbidden" | "gate_sign_in_too_old";

/** Sends the request to the backend. `as` is who the caller is to the backend. */
export type Forward =
  /** The backend receives a token for this session. */
  | { readonly do: "forward"; readonly as: "user"; readonly session: KnownSession }
  /** On an optional path, without a session: the backend receives no `Authorization`. */
  | { readonly do: "forward"; readonly as: "anonymous" }
  /** On an open path: the backend receives the caller's own `Authorization`, and never a token. */
  | { readonly do: "forward"; readonly as: "itself" };

/** A decision that the gate performs without the backend. */
export type OwnDecision = Exclude<Decision, { do: "forward" }>;

const PASS: Decision = { do: "pass" };
const FORWARD_ANONYMOUS: Decision = { do: "forward", as: "anonymous" };
const FORWARD_AS_ITSELF: Decision = { do: "forward", as: "itself" };

/**
 * The policy: the table "What each request gets" of ARCHITECTURE.md. Pure: no clock, no
 * environment, no `await`.
 */
export function decide(facts: Facts): Decision {
  // Only the backend accepts an upgrade. All other upgrades are refused: a server that gets no
  // decision about an upgrade leaves the socket open.
  if (facts.kind !== "backend" && isUpgrade(facts)) return refuse("gate_not_websocket");
  switch (facts.kind) {
    case "public-file":
    case "public-page":
    case "static-page":
      return PASS;
    case "open-api":
      return facts.deceptivePath ? refuse("gate_bad_path") : PASS;
    case "guest-page":
      return facts.session.state === "active" ? redirectTo("next", facts) : PASS;
    case "page":
      return facts.session.state === "active" ? PASS : decideWithoutSession(facts);
    case "api":
      if (facts.deceptivePath) return refuse("gate_bad_path");
      if (facts.session.state !== "active") return decideWithoutSession(facts);
      // Attack: `SameSite=Lax` lets a page of a sister domain send the cookie.
      if (facts.crossSite) return refuse("gate_cross_site");
      return facts.unmet ? refuseUnmet(facts.unmet) : PASS;
    case "backend":
      return decideBackend(facts);
    default:
      facts.kind satisfies never;
      return refuse("gate_signed_out");
  }
}

function decideBackend(facts: Facts): Decision {
  if (facts.deceptivePath) return refuse("gate_bad_path");
  const decision = decideByAccess(facts);
  return decision.do === "forward" ? (findObjection(facts) ?? decision) : decision;
}

/** For whom the request is forwarded, if nothing else is against it. */
function decideByAccess(facts: Facts): Decision {
  const { access, session } = facts;
  if (access === "open") return FORWARD_AS_ITSELF;
  // On an optional path as well: a program must notice that its credential no longer works.
  if (session.state === "invalid") return refuse("gate_invalid_credential");
  if (session.state === "active") return { do: "forward", as: "user", session: session.session };
  if (access === "optional" && session.state === "none") return FORWARD_ANONYMOUS;
  return decideWithoutSession(facts);
}

function findObjection(facts: Facts): Decision | undefined {
  // On an open path the gate adds nothing to a request that its sender could not send alone.
  if (facts.crossSite && facts.access !== "open") return refuse("gate_cross_site");
  if (facts.embedded) return refuse("gate_not_embeddable");
  if (facts.unmet) return refuseUnmet(facts.unmet);
  if (facts.wants === "other-upgrade") return refuse("gate_not_websocket");
  // Next prefetches a `<Link>` to the backend: each visitor who sees the link would call the
  // endpoint.
  if (facts.wants === "prefetch") return refuse("gate_not_for_router");
  switch (facts.body) {
    case "fits":
      return undefined;
    case "too-large":
      return refuse("gate_body_too_large");
    case "unknown-length":
      return refuse("gate_length_required");
    default:
      facts.body satisfies never;
      return refuse("gate_length_required");
  }
}

function decideWithoutSession(facts: Facts): Decision {
  if (facts.session.state === "unreachable") {
    // An outage is never a sign-out: it does not redirect anyone to the sign-in page.
    return facts.wants === "document" && facts.kind === "page"
      ? { do: "show-unavailable" }
      : refuse("gate_session_store_unreachable");
  }
  const isNavigable = facts.kind === "page" || (facts.kind === "backend" && facts.wants === "document");
  return isNavigable ? redirectTo("login", facts) : refuse("gate_signed_out");
}

function redirectTo(to: "login" | "next", facts: Facts): Decision {
  switch (facts.wants) {
    case "document":
    case "flight":
      // After a 303 the browser sends a GET (RFC 9110 §15.4.4). After a 307 it would send the POST
      // again, to the sign-in page.
      return { do: "redirect", to, status: facts.safe ? 307 : 303 };
    case "action":
      return { do: "redirect-action", to };
    case "data":
    case "prefetch":
    case "upgrade":
    case "other-upgrade":
      // A script cannot use this redirect: it would follow it and receive HTML instead of data.
      return to === "login" ? refuse("gate_signed_out") : PASS;
    default:
      facts.wants satisfies never;
      return refuse("gate_signed_out");
  }
}

function isUpgrade({ wants }: Facts): boolean {
  return wants === "upgrade" || wants === "other-upgrade";
}

/** RFC 9470 §3: a new sign-in can change the age, and nothing else. */
function refuseUnmet(unmet: Unmet): Decision {
  const code = "max_age" in unmet ? "gate_sign_in_too_old" : "gate_forbidden";
  return { do: "refuse", code, unmet };
}

function refuse(code: Exclude<ProblemCode, UnmetCode>): Decision {
  return { do: "refuse", code };
}
