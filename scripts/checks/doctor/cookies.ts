import { fail, type Outcome, ok, skipped } from "./check";

/** Checks the attributes of a response's session cookies (RFC 6265bis). */
export function judgeCookies(
  setCookies: readonly string[],
  { secure, status }: { secure: boolean; status: number },
): Outcome {
  const cookies = setCookies.filter((cookie) => /session/.test(nameOf(cookie)));
  if (cookies.length === 0) return skipped(`a sign-out of nobody shows no cookie (${status})`);
  const faults = cookies.flatMap((cookie) =>
    faultsOf(cookie, secure).map((fault) => `${nameOf(cookie)} ${fault}`),
  );
  if (faults.length === 0) return ok();
  return fail(
    faults.join("; "),
    secure
      ? "Set BETTER_AUTH_URL to the https:// address, and let no proxy rewrite Set-Cookie"
      : "Take changed cookie options out of lib/auth/options.ts, and let no proxy rewrite Set-Cookie",
  );
}

const nameOf = (cookie: string) => cookie.split("=")[0] ?? "";

function faultsOf(cookie: string, secure: boolean): string[] {
  const attributes = cookie.split(";").slice(1);
  const has = (wanted: RegExp) => attributes.some((attribute) => wanted.test(attribute.trim()));
  return [
    ...(has(/^httponly$/i) ? [] : ["lacks HttpOnly: scripts can read it"]),
    ...(has(/^samesite=(lax|strict)$/i) ? [] : ["lacks SameSite: other sites can use it"]),
    ...(!secure || has(/^secure$/i) ? [] : ["lacks Secure: it also travels in the clear"]),
    ...(!secure || /^__(Secure|Host)-/.test(cookie) ? [] : ["lacks the prefix __Secure-"]),
  ];
}
