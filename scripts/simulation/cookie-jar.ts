import { splitCookie } from "../../lib/cookies";

interface StoredCookie {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The cookies of one browser, which drops each cookie when its `Max-Age` is over. */
export class CookieJar {
  readonly #cookies = new Map<string, StoredCookie>();

  /** `now`: milliseconds since the epoch. */
  store(setCookies: readonly string[], now: number): void {
    for (const setCookie of setCookies) {
      const [pair = "", ...attributes] = setCookie.split("; ");
      const [name, value] = splitCookie(pair);
      const maxAge = attributes.find((attribute) => attribute.startsWith("Max-Age="))?.slice(8);
      const expiresAt = maxAge === undefined ? Number.POSITIVE_INFINITY : now + Number(maxAge) * 1000;
      this.#cookies.set(name, { value, expiresAt });
    }
  }

  /** The `Cookie` header of a request at `now`. */
  header(now: number): string {
    let header = "";
    for (const [name, { value, expiresAt }] of this.#cookies) {
      if (expiresAt > now) header += `${header && "; "}${name}=${value}`;
      else this.#cookies.delete(name);
    }
    return header;
  }
}
