import { isSessionTokenCookie, readSetCookie } from "../set-cookie";

/** A browser's cookies for one origin, as far as a session needs them. */
export class CookieJar {
  readonly #cookies = new Map<string, string>();

  /** RFC 6265 §5.2: stores the cookies that the server sets, and removes those with Max-Age=0. */
  store(setCookies: readonly string[]): void {
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
  get sessionToken(): { name: string; value: string } {
    const [name, value] = [...this.#cookies].find(([name]) => isSessionTokenCookie(name)) ?? ["", ""];
    return { name, value };
  }

  /** The cookie cache. Undefined where the deployment has none. */
  get cookieCache(): { name: string; value: string } | undefined {
    const found = [...this.#cookies].find(([name]) => name.endsWith("session_data"));
    return found && { name: found[0], value: found[1] };
  }

  /** The session token as Better Auth stores it: the cookie's part before the signature. */
  get rawSessionToken(): string {
    const value = decodeURIComponent(this.sessionToken.value);
    return value.slice(0, value.lastIndexOf("."));
  }
}
