import { createHash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { selfSigned } from "./certificate";

/** The user who is signed in at GitHub or Google. */
export interface Person {
  id: number;
  name: string;
  email: string;
  emailVerified: boolean;
  image?: string;
}

type Site = "github" | "google";

/** The addresses that Better Auth's two providers call, as GitHub and Google document them. */
const AUTHORIZE: Record<string, Site> = {
  "github.com/login/oauth/authorize": "github",
  "accounts.google.com/o/oauth2/v2/auth": "google",
};
const TOKEN: Record<string, Site> = {
  "github.com/login/oauth/access_token": "github",
  "oauth2.googleapis.com/token": "google",
};
const HOSTS = [
  "github.com",
  "api.github.com",
  "accounts.google.com",
  "oauth2.googleapis.com",
  "www.googleapis.com",
];

const CREDENTIALS = {
  GITHUB_CLIENT_ID: "github-client",
  GITHUB_CLIENT_SECRET: "github-secret",
  GOOGLE_CLIENT_ID: "google-client",
  GOOGLE_CLIENT_SECRET: "google-secret",
};

interface Grant {
  site: Site;
  clientId: string;
  redirectUri: string;
  challenge: string;
  person: Person;
}

/**
 * Starts GitHub's and Google's authorization servers (RFC 6749 §4.1, with PKCE, RFC 7636) on
 * loopback, under their real host names. `env` makes an app connect to them, and `browserArgs` a
 * browser.
 */
export async function startOAuthServer() {
  const { key, cert } = selfSigned(HOSTS);
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-oauth-"));
  const certificate = join(folder, "certificate.pem");
  writeFileSync(certificate, cert);
  const signing = await generateKeyPair("RS256");
  const publicKey = { ...(await exportJWK(signing.publicKey)), kid: "key-1", alg: "RS256", use: "sig" };

  const grants = new Map<string, Grant>();
  const tokens = new Map<string, Person>();
  const issued: string[] = [];
  let person: Person = { id: 1, name: "Nobody", email: "nobody@example.com", emailVerified: true };

  /**
   * The consent page. It has one link to allow and one to deny.
   * @throws when the query does not start a code flow with PKCE
   */
  function askPage(site: Site, query: URLSearchParams): string {
    const ask = (name: string) => query.get(name) ?? "";
    if (ask("response_type") !== "code" || ask("code_challenge_method") !== "S256")
      throw new Error("no code flow");
    const code = randomUUID();
    grants.set(code, {
      site,
      clientId: ask("client_id"),
      redirectUri: ask("redirect_uri"),
      challenge: ask("code_challenge"),
      person,
    });
    const answer = (params: Record<string, string>) =>
      `${ask("redirect_uri")}?${new URLSearchParams({ ...params, state: ask("state") })}`.replaceAll(
        "&",
        "&amp;",
      );
    return `<h1>${site}</h1><a href="${answer({ code })}">Allow</a> <a href="${answer({ error: "access_denied" })}">Deny</a>`;
  }

  async function redeem(site: Site, form: URLSearchParams): Promise<object> {
    const grant = grants.get(form.get("code") ?? "");
    // RFC 6749 §4.1.2: a code is valid only once.
    grants.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const fits =
      grant?.site === site &&
      grant.challenge === challenge &&
      grant.redirectUri === form.get("redirect_uri") &&
      grant.clientId === `${site}-client` &&
      form.get("client_id") === grant.clientId &&
      form.get("client_secret") === `${site}-secret`;
    if (!fits) return { error: "invalid_grant" };
    const token = randomUUID();
    tokens.set(token, grant.person);
    issued.push(token);
    const answer = { access_token: token, token_type: "bearer", scope: "" };
    return site === "github" ? answer : { ...answer, expires_in: 3600, id_token: await idToken(grant) };
  }

  function idToken({ clientId, person: { id, name, email, emailVerified, image } }: Grant): Promise<string> {
    return new SignJWT({ sub: String(id), name, email, email_verified: emailVerified, picture: image })
      .setProtectedHeader({ alg: "RS256", kid: publicKey.kid })
      .setIssuer("https://accounts.google.com")
      .setAudience(clientId)
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(signing.privateKey);
  }

  async function answer(request: IncomingMessage): Promise<object | string | undefined> {
    const url = new URL(request.url ?? "", `https://${request.headers.host}`);
    const address = url.hostname + url.pathname;
    const bearer = request.headers.authorization?.replace(/^Bearer /i, "") ?? "";
    if (AUTHORIZE[address]) return askPage(AUTHORIZE[address], url.searchParams);
    if (TOKEN[address]) return redeem(TOKEN[address], new URLSearchParams(await bodyOf(request)));
    if (address === "www.googleapis.com/oauth2/v3/certs") return { keys: [publicKey] };
    const who = tokens.get(bearer);
    if (!who) return undefined;
    // GitHub's profile contains the public email address, and many users have none.
    if (address === "api.github.com/user")
      return { id: who.id, login: "octocat", name: who.name, email: null, avatar_url: who.image };
    if (address === "api.github.com/user/emails")
      return [{ email: who.email, primary: true, verified: who.emailVerified }];
    return undefined;
  }

  const server = createServer({ key, cert }, async (request, response) => {
    const body = await answer(request).catch(() => undefined);
    const type = typeof body === "string" ? "text/html" : "application/json";
    response.writeHead(body === undefined ? 400 : 200, { "content-type": type });
    response.end(typeof body === "string" ? body : JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    env: {
      ...CREDENTIALS,
      LEAD_HOSTS: HOSTS.join(),
      LEAD_PORT: String(port),
      NODE_OPTIONS: "--require ./tests/support/lead-hosts.cjs",
      NODE_EXTRA_CA_CERTS: certificate,
    },
    browserArgs: [`--host-resolver-rules=${HOSTS.map((host) => `MAP ${host}:443 127.0.0.1:${port}`).join()}`],
    /** All access tokens that were issued. */
    issued,
    signInAs(next: Person) {
      person = next;
    },
    /**
     * Does what a browser would do on the consent page: follows one of its links. Returns the
     * link's URL.
     */
    answerAt(url: URL, label: "Allow" | "Deny"): URL {
      const site = AUTHORIZE[url.hostname + url.pathname];
      if (!site) throw new Error(`nobody asks at ${url}`);
      const link = askPage(site, url.searchParams).match(new RegExp(`href="([^"]+)">${label}`))?.[1] ?? "";
      return new URL(link.replaceAll("&amp;", "&"));
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type OAuthServer = Awaited<ReturnType<typeof startOAuthServer>>;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
