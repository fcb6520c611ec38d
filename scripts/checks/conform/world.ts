import { randomBytes } from "node:crypto";
import { fail } from "../../lib/user-error";
import { cannotTell } from "./check";
import { Jar } from "./jar";
import type { Answer, Ask, Send } from "./probe";

/** The clients that the checks use: a signed-out one, and two users with throw-away accounts. */
export interface World {
  /** Scheme, host and port of the deployment. */
  readonly origin: string;
  readonly secure: boolean;
  /** How long after a sign-out the deployment may still accept the session. Seconds. */
  readonly maxStale: number;
  /** Sends a request without a session. */
  readonly ask: Send;
  readonly ada: Member;
  readonly bob: Member;
  /** A second session of Ada's from a sign-in. All checks share it. */
  readonly signedIn: () => Promise<Member>;
}

/** The deployment to check. */
export interface Target {
  readonly origin: string;
  readonly maxStale: number;
  readonly send: Send;
}

/** A signed-in user. */
export class Member {
  readonly jar = new Jar();

  private constructor(
    readonly email: string,
    readonly password: string,
    /** The response to the sign-up or sign-in. */
    readonly opening: Answer,
    private readonly target: Target,
  ) {
    this.jar.keep(opening.setCookies);
  }

  static async signUp(target: Target): Promise<Member> {
    const id = randomBytes(8).toString("hex");
    const [email, password] = [`conform-${id}@example.com`, randomBytes(24).toString("base64url")];
    const opening = await postJson(target, "/api/auth/sign-up/email", { email, password, name: "Conform" });
    if (opening.status !== 200) fail(explainSignUp(target.origin, opening));
    return new Member(email, password, opening, target);
  }

  /**
   * Signs in again, for another session of the same user.
   * @throws {Untold} when the rate limit of sign-in refuses it
   */
  async signInAgain(): Promise<Member> {
    const { email, password, target } = this;
    const opening = await postJson(target, "/api/auth/sign-in/email", { email, password });
    if (opening.status === 429) cannotTell("too many sign-ins in this minute; run it again in the next");
    return new Member(email, password, opening, target);
  }

  /** Part of the title of each task that this user adds to the backend. */
  get mark(): string {
    return this.email.slice(0, this.email.indexOf("@"));
  }

  get origin(): string {
    return this.target.origin;
  }

  /** Sends a request with the cookies, and stores the cookies of the response. */
  async ask(ask: Ask): Promise<Answer> {
    const answer = await this.target.send({
      ...ask,
      headers: { Cookie: this.jar.header, ...ask.headers },
    });
    this.jar.keep(answer.setCookies);
    return answer;
  }

  /** Sends JSON with the headers of a request from a page of the app. */
  post(path: string, body: unknown, method = "POST"): Promise<Answer> {
    return this.ask({ method, path, headers: jsonFrom(this.target.origin), body: JSON.stringify(body) });
  }
}

export function createWorld(target: Target, ada: Member, bob: Member): World {
  let again: Promise<Member> | undefined;
  return {
    origin: target.origin,
    secure: target.origin.startsWith("https:"),
    maxStale: target.maxStale,
    ask: target.send,
    ada,
    bob,
    signedIn() {
      again ??= ada.signInAgain();
      return again;
    },
  };
}

function postJson({ origin, send }: Target, path: string, body: unknown): Promise<Answer> {
  return send({ method: "POST", path, headers: jsonFrom(origin), body: JSON.stringify(body) });
}

function jsonFrom(origin: string): Record<string, string> {
  return { "Content-Type": "application/json", Origin: origin, "Sec-Fetch-Site": "same-origin" };
}

/** Why the sign-up failed, and how to fix it. */
export function explainSignUp(origin: string, { status, body }: Pick<Answer, "status" | "body">): string {
  const said = `POST ${origin}/api/auth/sign-up/email answered ${status}`;
  if (status === 429) return `${said}: too many sign-ups. Wait a minute and try again.`;
  if (/INVALID_ORIGIN|Invalid origin/.test(body)) {
    return `${said}: the app goes by another address. Give the one in its BETTER_AUTH_URL.`;
  }
  if (/SIGN_UP_DISABLED|sign up is not enabled/i.test(body)) {
    return `${said}: sign-up is closed, and two throw-away accounts are needed. Open it for the run, or check a preview.`;
  }
  return `${said}, so it is not a Gatehouse app that takes sign-ups. Check the address, and the app's log.`;
}
