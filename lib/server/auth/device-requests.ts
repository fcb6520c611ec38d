import "server-only";
import type { SignedCookies } from "../../auth/signed-cookies";

const FORM = /^\s*application\/x-www-form-urlencoded/i;

/**
 * RFC 8628 §3.1 and §3.4: the parameters are a form. Better Auth accepts only JSON for one of the two
 * endpoints, so a form becomes JSON. Undefined: a parameter is repeated (RFC 6749 §3.2).
 */
export async function formToJson(request: Request): Promise<Request | undefined> {
  const { url, method, headers: original, signal } = request;
  if (!FORM.test(original.get("content-type") ?? "")) return request;
  const parameters = [...new URLSearchParams(await request.text())];
  const names = new Set(parameters.map(([name]) => name));
  if (names.size < parameters.length) return undefined;
  const headers = new Headers(original);
  headers.set("content-type", "application/json");
  headers.delete("content-length");
  return new Request(url, { method, headers, body: JSON.stringify(Object.fromEntries(parameters)), signal });
}

/**
 * Signs the access token of a device sign-in, as the session cookie is signed. The gate refuses an
 * unsigned session token, so that an invented one causes no lookup.
 */
export async function signAccessToken(response: Response, sign: SignedCookies["sign"]): Promise<Response> {
  if (!response.ok) return response;
  const body = await response.json();
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  // The program sends the token in a header and not in a cookie, so it is not percent-encoded.
  const access_token = decodeURIComponent(await sign(body.access_token));
  return Response.json({ ...body, access_token }, { status: response.status, headers });
}
