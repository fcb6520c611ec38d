/**
 * The code of the error with which Vercel responded in place of a deployment. Undefined: the
 * deployment itself responded.
 */
export function readVercelError(
  headers: Pick<Headers, "get">,
  setCookies: readonly string[],
): string | undefined {
  // Deployment Protection responds with 401, or redirects to its sign-in, and sets this cookie.
  const isProtected =
    setCookies.some((cookie) => cookie.startsWith("_vercel_sso_nonce=")) ||
    headers.get("location")?.startsWith("https://vercel.com/sso-api");
  return isProtected ? "DEPLOYMENT_PROTECTED" : (headers.get("x-vercel-error") ?? undefined);
}
