import type { ProblemCode } from "../lib/problem";
import type { Classified } from "./classify";
import type { SessionState } from "./session";

/** All that the policy looks at. */
export interface Facts extends Classified {
  readonly session: SessionState;
  /** An unsafe method or a WebSocket that a page of another site has sent. */
  readonly crossSite: boolean;
  /** The path holds what a backend could read as another path, or what Next cannot decode. */
  readonly deceptivePath: boolean;
  /** A browser would run the response as this app's code, or show it inside of a page. */
  readonly embedded: boolean;
  readonly body: "fits" | "too-large" | "unknown-length";
}

export type Decision =
  | { readonly do: "pass" }
  | { readonly do: "forward" }
  | { readonly do: "refuse"; readonly code: ProblemCode }
  /** A page, for a visitor whose session cannot be checked now. */
  | { readonly do: "show-unavailable" }
  | { readonly do: "redirect"; readonly to: "login" | "next"; readonly status: 303 | 307 }
  /** As `redirect`, in the header that Next's client reads after a server action. */
  | { readonly do: "redirect-action"; readonly to: "login" | "next" };

const PASS: Decision = { do: "pass" };
const FORWARD: Decision = { do: "forward" };

/** DESIGN.md's table of answers. Pure: no clock, no environment, nothing awaited. */
export function decide(facts: Facts): Decision {
  // Only the backend speaks another protocol. A server that gets no decision on an upgrade leaves
  // the socket open.
  if (facts.kind !== "backend" && isUpgrade(facts)) return refuse("gate_not_websocket");
  switch (facts.kind) {
    case "public-page":
      return PASS;
    case "open-api":
      return facts.deceptivePath ? refuse("gate_bad_path") : PASS;
    case "guest-page":
      return facts.session === "active" ? sendTo("next", facts) : PASS;
    case "page":
      return facts.session === "active" ? PASS : withoutSession(facts);
    case "api":
      if (facts.deceptivePath) return refuse("gate_bad_path");
      return facts.session === "active" ? PASS : withoutSession(facts);
    case "backend":
      return decideBackend(facts);
    default:
      facts.kind satisfies never;
      return refuse("gate_signed_out");
  }
}

function decideBackend(facts: Facts): Decision {
  if (facts.deceptivePath) return refuse("gate_bad_path");
  if (facts.session !== "active") return withoutSession(facts);
  if (facts.crossSite) return refuse("gate_cross_site");
  if (facts.embedded) return refuse("gate_not_embeddable");
  if (facts.wants === "other-upgrade") return refuse("gate_not_websocket");
  // A `<Link>` to the backend would call the endpoint for every visitor who sees the link.
  if (facts.wants === "prefetch") return refuse("gate_not_for_router");
  switch (facts.body) {
    case "fits":
      return FORWARD;
    case "too-large":
      return refuse("gate_body_too_large");
    case "unknown-length":
      return refuse("gate_length_required");
    default:
      facts.body satisfies never;
      return refuse("gate_length_required");
  }
}

function withoutSession(facts: Facts): Decision {
  if (facts.session === "unreachable") {
    // A fault is never a sign-out: nobody is sent to the sign-in page for it.
    return facts.wants === "document" && facts.kind === "page"
      ? { do: "show-unavailable" }
      : refuse("gate_session_store_unreachable");
  }
  const navigable = facts.kind === "page" || (facts.kind === "backend" && facts.wants === "document");
  return navigable ? sendTo("login", facts) : refuse("gate_signed_out");
}

function sendTo(to: "login" | "next", facts: Facts): Decision {
  switch (facts.wants) {
    case "document":
    case "flight":
      // 307 would have the browser send the POST again, to the sign-in page (RFC 9110 §15.4.4).
      return { do: "redirect", to, status: facts.safe ? 307 : 303 };
    case "action":
      return { do: "redirect-action", to };
    case "data":
    case "prefetch":
    case "upgrade":
    case "other-upgrade":
      // A script could only follow the redirect into HTML that it did not ask for.
      return to === "login" ? refuse("gate_signed_out") : PASS;
    default:
      facts.wants satisfies never;
      return refuse("gate_signed_out");
  }
}

function isUpgrade({ wants }: Facts): boolean {
  return wants === "upgrade" || wants === "other-upgrade";
}

function refuse(code: ProblemCode): Decision {
  return { do: "refuse", code };
}
