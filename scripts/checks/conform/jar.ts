/** A browser's cookies for one origin, as far as a session needs them. */
export class Jar {
  readonly #cookies = new Map<string, string>();

  /** RFC 6265 §5.2: stores the cookies that the server sets, and removes those with Max-Age=0. */
  keep(setCookies: readonly string[]): void {
    for (const cookie of setCookies) {
      const { name, value, attributes } = readSetCookie(cookie);
      if (attributes.get("max-age") === "0") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  get header(): string {
    return Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join("; ");
  }

  /** The cookie with the session token, with its name on this deployment. */
  get session(): { name: string; value: string } {
    const [name, value] = [...this.#cookies].find(([name]) => isSessionToken(name)) ?? ["", ""];
    return { name, value };
  }

  /** The cookie cache. Undefined where the deployment has none. */
  get cache(): { name: string; value: string } | undefined {
    const found = [...this.#cookies].find(([name]) => name.endsWith("session_data"));
    return found && { name: found[0], value: found[1] };
  }

  /** The session token as Better Auth stores it: the part before the signature. */
  get rawToken(): string {
    const value = decodeURIComponent(this.session.value);
    return value.slice(0, value.lastIndexOf("."));
  }
}

export function isSessionToken(name: string): boolean {
  return name.endsWith("session_token");
}

export function isSessionCookie(name: string): boolean {
  return isSessionToken(name) || /session_data(\.\d+)?$/.test(name);
}

/** Parses a `Set-Cookie` header (RFC 6265 §5.2). The names of the attributes are in lower case. */
export function readSetCookie(cookie: string) {
  const [pair = "", ...rest] = cookie.split(";");
  const equals = pair.indexOf("=");
  const attributes = new Map<string, string>();
  for (const attribute of rest) {
    const [name = "", value = ""] = attribute.trim().split("=");
    attributes.set(name.toLowerCase(), value);
  }
  return { name: pair.slice(0, equals).trim(), value: pair.slice(equals + 1).trim(), attributes };
}
