import { failed, type Outcome, passed, skipped } from "../check";
import { isSessionCookie, readSetCookie } from "../set-cookie";

/** Checks the attributes of a response's session cookies (RFC 6265bis). */
export function judgeCookies(
  setCookies: readonly string[],
  { secure, status }: { secure: boolean; status: number },
): Outcome {
  const cookies = setCookies.map(readSetCookie).filter(({ name }) => isSessionCookie(name));
  if (cookies.length === 0) return skipped(`the sign-out set no session cookie (${status})`);
  const problems = cookies.flatMap((cookie) =>
    listProblems(cookie, secure).map((problem) => `${cookie.name} ${problem}`),
  );
  if (problems.length === 0) return passed();
  return failed(
    problems.join("; "),
    secure
      ? "Set BETTER_AUTH_URL to the https:// address, and do not change Set-Cookie in a proxy"
      : "Remove changed cookie options from lib/server/auth/create-auth.ts, and do not change Set-Cookie in a proxy",
  );
}

function listProblems({ name, attributes }: ReturnType<typeof readSetCookie>, secure: boolean): string[] {
  return [
    ...(attributes.has("httponly") ? [] : ["lacks HttpOnly: scripts can read it"]),
    ...(/^(lax|strict)$/i.test(attributes.get("samesite") ?? "")
      ? []
      : ["lacks SameSite: other sites can use it"]),
    ...(!secure || attributes.has("secure") ? [] : ["lacks Secure: it is also sent unencrypted"]),
    ...(!secure || /^__(Secure|Host)-/.test(name) ? [] : ["lacks the prefix __Secure-"]),
  ];
}
