/** A client that keeps cookies like a browser, and follows no redirect. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  /**
   * `address` is sent in `X-Real-IP`, for an app whose `CLIENT_ADDRESS_HEADER` is that header.
   * `send` replaces `fetch` where no server listens at the origin.
   */
  constructor(
    readonly origin: string,
    private readonly options: {
      address?: string;
      send?: (url: string, init: RequestInit) => Promise<Response>;
    } = {},
  ) {}

  get cookieHeader(): string {
    return Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join("; ");
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.cookies.size > 0 && !headers.has("cookie")) headers.set("cookie", this.cookieHeader);
    const { address, send = fetch } = this.options;
    if (address) headers.set("x-real-ip", address);
    const response = await send(this.origin + path, { redirect: "manual", ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = cookie.split(";");
      const equals = pair.indexOf("=");
      const name = pair.slice(0, equals);
      const expired = attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0");
      if (expired) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(equals + 1));
    }
    return response;
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.origin, ...headers },
      body: JSON.stringify(body),
    });
  }

  /** @throws when the sign-up is refused */
  async signUp(email: string, name = "Ada", password = "correct-horse-battery"): Promise<Response> {
    const response = await this.post("/api/auth/sign-up/email", { email, name, password });
    if (!response.ok) throw new Error(`sign-up: ${response.status} ${await response.text()}`);
    return response;
  }

  signIn(email: string, password = "correct-horse-battery"): Promise<Response> {
    return this.post("/api/auth/sign-in/email", { email, password });
  }
}
