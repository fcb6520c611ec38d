import "server-only";
import type { SignedCookies } from "../../auth/signed-cookies";
import { FORM, readRequestBody } from "./request-body";

/**
 * RFC 8628 §3.1 and §3.4: the parameters are a form. Better Auth accepts only JSON for one of the two
 * endpoints, so a form becomes JSON. `invalid`: the form cannot be read, or a parameter is repeated
 * (RFC 6749 §3.2). The length is limited first, because to parse a long form takes seconds.
 */
export async function formToJson(request: Request): Promise<Request | "too-large" | "invalid"> {
  const { url, method, headers: original, signal } = request;
  if (!FORM.test(original.get("content-type") ?? "")) return request;
  const input = await readRequestBody(request);
  if ("refused" in input) return input.refused;
  const parameters = [...new URLSearchParams(new TextDecoder().decode(input.body ?? undefined))];
  const names = new Set(parameters.map(([name]) => name));
  if (names.size < parameters.length) return "invalid";
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
