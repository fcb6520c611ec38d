import "server-only";
import { hkdfSync } from "node:crypto";
import type { BetterAuthPlugin } from "better-auth";
import { symmetricDecrypt, symmetricEncrypt } from "better-auth/crypto";
import { oAuthProxy } from "better-auth/plugins/oauth-proxy";
import type { Env, OAuthProxy } from "../../env";
import { refusal } from "./outcome";
import { onPaths } from "./plugin-hooks";

type Settings = Pick<Env, "appOrigin" | "origins" | "oauthProxy" | "onVercel">;

/**
 * Sign-in through another site on a preview, with production's callback address. Production
 * exchanges the code and sends the profile, encrypted, to the preview that started the sign-in.
 * docs/decisions/030-oauth-on-previews.md has the reasons.
 */
export function oauthProxy({ appOrigin, origins, oauthProxy, onVercel }: Settings): BetterAuthPlugin[] {
  if (!oauthProxy) return [];
  const { secret } = oauthProxy;
  if (oauthProxy.role === "production") {
    // With its own address as both, a sign-in that starts in production takes the usual way.
    return [oAuthProxy({ productionURL: appOrigin, currentURL: appOrigin, secret })];
  }
  // A preview on Vercel has several addresses, and its cookies belong to the one in the request.
  const currentURL = onVercel ? undefined : appOrigin;
  return [
    absoluteErrorUrls((request) => {
      const { origin } = new URL(request?.url ?? appOrigin);
      return onVercel && origins.includes(origin) ? origin : appOrigin;
    }),
    oAuthProxy({ productionURL: oauthProxy.productionOrigin, currentURL, secret }),
  ];
}

/** Production redirects here after a failure: a relative address would lead to production's page. */
function absoluteErrorUrls(originOf: (request: Request | undefined) => string) {
  return {
    id: "absolute-error-urls",
    hooks: {
      before: [
        onPaths(["/sign-in/social"], async ({ body, request }) => {
          if (body?.errorCallbackURL?.startsWith("/"))
            body.errorCallbackURL = originOf(request) + body.errorCallbackURL;
        }),
      ],
    },
  } satisfies BetterAuthPlugin;
}

const UNTRUSTED = {
  code: "UNTRUSTED_PREVIEW",
  message: "The sign-in was started at an address that is not in OAUTH_PROXY_PREVIEWS.",
};

/**
 * Checks where the response to a provider's callback leads, and what it takes along.
 *
 * Attack: with the secret of the proxy, a caller can invent a sign-in that leads to a site of its
 * own, and Better Auth does not check that address. Defence: production redirects only to its own
 * origin and to `OAUTH_PROXY_PREVIEWS`, a preview only to its own.
 *
 * Attack: Better Auth puts the provider's tokens, encrypted, into the URL, and URLs are written to
 * logs. Defence: this app needs none of them, so they are removed.
 */
export async function limitProxyRedirect(response: Response, settings: Settings): Promise<Response> {
  const location = response.headers.get("location");
  if (!settings.oauthProxy || !location || !/^[a-z][a-z0-9+.-]*:/i.test(location)) return response;
  const target = new URL(location);
  if (settings.origins.includes(target.origin)) return response;
  const { oauthProxy } = settings;
  if (oauthProxy.role !== "production" || !isPreview(target.origin, oauthProxy))
    return refusal(403, UNTRUSTED);
  const profile = target.searchParams.get("profile");
  if (profile !== null) target.searchParams.set("profile", await withoutTokens(profile, oauthProxy.secret));
  response.headers.set("location", target.href);
  return response;
}

function isPreview(origin: string, { previews }: OAuthProxy & { role: "production" }): boolean {
  return previews.some((pattern) => {
    const [start = "", ...rest] = pattern.split("*").map((part) => part.replace(/[.[\]]/g, "\\$&"));
    return new RegExp(`^${[start, ...rest].join("[a-z0-9-]+")}$`).test(origin);
  });
}

/** Keeps what `/callback/:id/oauth-proxy` needs to find or create the user. */
async function withoutTokens(encrypted: string, secret: string): Promise<string> {
  const key = deriveProfileKey(secret);
  const { profile: _, scopes: __, ...payload } = JSON.parse(await symmetricDecrypt({ key, data: encrypted }));
  const { accessToken, refreshToken, idToken, ...account } = payload.account;
  return symmetricEncrypt({ key, data: JSON.stringify({ ...payload, account }) });
}

/** As `derivePurposeKey` of Better Auth derives it. With another key, the callback fails. */
function deriveProfileKey(secret: string): string {
  const info = "better-auth:oauth-proxy-profile:v1";
  return Buffer.from(hkdfSync("sha256", secret, "better-auth:oauth-encryption:v1", info, 32)).toString("hex");
}
