import { randomBytes } from "node:crypto";
import { fail } from "../../lib/user-error";
import { CheckSkipped } from "../check";
import type { HttpRequest, HttpResponse, Send } from "../probe";
import { CookieJar } from "./cookie-jar";

/** The deployment to check. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  /** How long after a sign-out the deployment may still accept the session. Seconds. */
  readonly maxStale: number;
  readonly send: Send;
}

/** The email of a throw-away account. */
export const THROW_AWAY_EMAIL = /conform-[0-9a-f]{16}@example\.com/;

/** One session of a throw-away account. */
export class Account {
  readonly cookies = new CookieJar();

  private constructor(
    readonly email: string,
    readonly password: string,
    /** The response to the sign-up or sign-in. */
    readonly signInResponse: HttpResponse,
    private readonly target: Target,
  ) {
    this.cookies.store(signInResponse.setCookies);
  }

  /** @throws {UserError} when the sign-up is refused */
  static async signUp(target: Target): Promise<Account> {
    const id = randomBytes(8).toString("hex");
    const [email, password] = [`conform-${id}@example.com`, randomBytes(24).toString("base64url")];
    const response = await postJson(target, "/api/auth/sign-up/email", { email, password, name: "Conform" });
    if (response.status !== 200) fail(explainSignUp(target.origin, response));
    return new Account(email, password, response, target);
  }

  /**
   * Signs in again, for another session of the same account.
   * @throws {CheckSkipped} when the rate limit of sign-in refuses it
   */
  async signInAgain(): Promise<Account> {
    const { email, password, target } = this;
    const response = await postJson(target, "/api/auth/sign-in/email", { email, password });
    if (response.status === 429) {
      throw new CheckSkipped("too many sign-ins in the last minute; wait a minute and run it again");
    }
    return new Account(email, password, response, target);
  }

  /** Part of the title of each task that this account adds to the backend. */
  get mark(): string {
    return this.email.slice(0, this.email.indexOf("@"));
  }

  get origin(): string {
    return this.target.origin;
  }

  /** Sends a request with the cookies, and stores the cookies of the response. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const headers = { Cookie: this.cookies.header, ...request.headers };
    const response = await this.target.send({ ...request, headers });
    this.cookies.store(response.setCookies);
    return response;
  }

  /** Sends JSON with the headers of a request from a page of the app. */
  post(path: string, body: unknown, method = "POST"): Promise<HttpResponse> {
    const headers = jsonHeaders(this.target.origin);
    return this.send({ method, path, headers, body: JSON.stringify(body) });
  }
}

function postJson({ origin, send }: Target, path: string, body: unknown): Promise<HttpResponse> {
  return send({ method: "POST", path, headers: jsonHeaders(origin), body: JSON.stringify(body) });
}

function jsonHeaders(origin: string): Record<string, string> {
  return { "Content-Type": "application/json", Origin: origin, "Sec-Fetch-Site": "same-origin" };
}

/** Why the sign-up failed, and how to fix it. */
export function explainSignUp(
  origin: string,
  { status, body }: Pick<HttpResponse, "status" | "body">,
): string {
  const result = `POST ${origin}/api/auth/sign-up/email returned ${status}`;
  if (status === 429) return `${result}: too many sign-ups. Wait a minute and try again.`;
  if (status === 503) {
    return `${result}: its database does not work. npm run doctor -- ${origin} names the cause.`;
  }
  if (/INVALID_ORIGIN|Invalid origin/.test(body)) {
    return `${result}: the app has another address. Give the one in its BETTER_AUTH_URL.`;
  }
  if (/SIGN_UP_DISABLED|sign up is not enabled/i.test(body)) {
    return `${result}: sign-up is closed, and the checks need two throw-away accounts. Open sign-up for the run, or check a preview deployment.`;
  }
  return `${result}, so it is not a Gatehouse app with open sign-up. Check the address and the app's log.`;
}
