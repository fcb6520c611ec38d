import {
  InvalidValue,
  parseBaseUrl,
  parseDatabaseUrl,
  parseMailUrl,
  parseOrigin,
  parseOriginPatterns,
} from "./addresses";
import { LARGEST_BODY_MB, LONGEST_TIMEOUT_SECONDS } from "./backends";
import { type DatabaseAddress, parseConnectionString, speaksNeon } from "./database-protocol";
import {
  checkCharacters,
  MAKE_SECRET,
  NAME_A_SENDER,
  oneOf,
  type Parse,
  parseHeaderName,
  parseKeyRing,
  parseSecret,
  parseSender,
  parseText,
  parseVersionedSecrets,
  trim,
  type VersionedSecret,
  wholeNumber,
} from "./env-values";
import { type Backend, routes } from "./routes";
import { type JwtConfig, MAX_TTL_SECONDS } from "./token/contract";

/** The validated configuration of the app. */
export interface Env extends DatabaseAddress {
  /** Scheme, host and port, as browsers see them. */
  readonly appOrigin: string;
  /** Every origin of this app. Includes `appOrigin`. */
  readonly origins: readonly string[];
  /**
   * Base URL of each backend, by the name of its variable. Without a trailing slash. It may have a
   * path.
   */
  readonly backendUrls: Readonly<Record<string, string>>;
  /**
   * What transfers the data between browser and FastAPI. `rewrite`: the platform or Next's server.
   * `relay`: the gate itself.
   */
  readonly forwarding: "rewrite" | "relay";
  /** How many connections this process opens to a database that is not Neon's. */
  readonly databasePoolSize: number;
  /**
   * The database of the gate, which can only speak Neon's protocol over HTTP: the database itself,
   * or the listener of this process in front of it (lib/server/postgres/lookup-listener.ts).
   */
  readonly gateDatabase: DatabaseAddress;
  /** Better Auth's secrets. The first one signs cookies, all of them verify cookies. */
  readonly authSecrets: readonly string[];
  /** The same secrets, in the form of Better Auth's options. */
  readonly authOptions: { readonly secret?: string; readonly secrets?: VersionedSecret[] };
  readonly jwt: JwtConfig;
  /** How long a session is trusted without a lookup in the store, in seconds. */
  readonly sessionMaxStaleSeconds: number;
  /** Largest request body that is forwarded, in bytes. */
  readonly maxBodyBytes: number;
  /** How long the backend may send nothing before a call counts as timed out, in seconds. */
  readonly backendTimeoutSeconds: number;
  /**
   * How long `next start` still accepts requests after the signal to stop, in seconds. Meanwhile
   * `/api/health/ready` is 503, so that load balancers stop sending requests.
   */
  readonly shutdownDelaySeconds: number;
  /** The longest timeout that works here, in seconds. It also limits a backend's own timeout. */
  readonly longestTimeoutSeconds: number;
  /** Whether `GET /api/auth/token` exists. */
  readonly tokenEndpoint: boolean;
  /**
   * The mail server and the sender. Without it `next dev` stores the emails in its mailbox, and a
   * build cannot send any.
   */
  readonly mail: MailConfig | undefined;
  /** Other sites that users can sign in with. */
  readonly providers: Readonly<Partial<Record<ProviderName, ProviderConfig>>>;
  /** How previews, whose addresses no other site knows, sign in through other sites. */
  readonly oauthProxy: OAuthProxy | undefined;
  /** Whether this runs on Vercel, not on your own server. */
  readonly onVercel: boolean;
  /** Whether this is `next dev`. */
  readonly development: boolean;
  /**
   * True if Next's own server does the rewrites (`next start`, `server.js`), not a platform. Next's
   * server sets the variable that this is read from.
   */
  readonly nextServer: boolean;
  /** The output folder of `next build`. The tests use another one than the app that is running. */
  readonly distDir: string;
  /**
   * The request header in which the platform writes the client's address. A client must not be able
   * to set it.
   */
  readonly clientAddressHeader: string | undefined;
  /**
   * Where traces are sent, if set. `@vercel/otel` reads the same variable, and OpenTelemetry's
   * other variables.
   */
  readonly otlpEndpoint: string | undefined;
}

export interface MailConfig {
  readonly smtpUrl: string;
  readonly from: string;
}

export type ProviderName = "github" | "google";

export interface ProviderConfig {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * The part of this deployment when a preview signs in with production's callback address
 * (docs/decisions/030-oauth-on-previews.md).
 */
export type OAuthProxy =
  | { readonly role: "preview"; readonly secret: string; readonly productionOrigin: string }
  /** `previews`: origins. A `*` in the host matches letters, digits and hyphens. */
  | { readonly role: "production"; readonly secret: string; readonly previews: readonly string[] };

/**
 * One or more variables are invalid. `problems` has one line for each: its name, what is wrong, and
 * how to fix it.
 */
export class EnvError extends Error {
  override readonly name = "EnvError";
  readonly code = "env_invalid";

  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

/** Seconds. Vercel stops a middleware that has not sent the first byte of its response by then. */
const VERCEL_FIRST_BYTE = 25;

/**
 * The variable with the listener's address. Next copies the environment into the edge sandbox. When
 * an .env file changes, `next dev` deletes variables that are not in it, except those with this
 * prefix.
 */
const LISTENER = "__NEXT_PRIVATE_GATE_DATABASE";

type Source = Readonly<Record<string, string | undefined>>;

let loaded: Env | undefined;

/** The names of all variables that {@link parseEnv} reads. */
export function variableNames(): string[] {
  const names = new Set<string>();
  const recorder = new Proxy({}, { get: (_, name) => void names.add(String(name)) });
  try {
    parseEnv(recorder);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
  }
  return [...names];
}

/**
 * The configuration of this process, parsed once. No other code reads `process.env`, except for
 * `NEXT_RUNTIME` (`instrumentation.ts`), which Next replaces with a constant.
 * @throws {EnvError}
 */
export function loadEnv(): Env {
  loaded ??= parseEnv(process.env);
  return loaded;
}

/**
 * Makes the listener the gate's database. `connectionString` is that of the listener. Has an effect
 * on the edge sandbox, because Next starts the sandbox later.
 */
export function setGateDatabase(connectionString: string): void {
  process.env[LISTENER] = connectionString;
}

/** The other sites that users of this deployment can sign in with. */
export function providersOf({ providers }: Pick<Env, "providers">): ProviderName[] {
  return (["github", "google"] as const).filter((name) => providers[name]);
}

/**
 * Checks every variable, and reports all problems together.
 * @throws {EnvError}
 */
export function parseEnv(source: Source, backends: readonly Backend[] = routes.backends): Env {
  const problems: string[] = [];
  const read = createReader(source, problems);

  const appOrigin = read("BETTER_AUTH_URL", parseOrigin, {
    fallback: vercelOrigin(source),
    missing: "Set it to the public address of the app, such as https://app.example.com",
  });
  const secrets = read("BETTER_AUTH_SECRETS", parseVersionedSecrets);
  const secretRule = trim(source.BETTER_AUTH_SECRETS ?? "") ? {} : { missing: MAKE_SECRET };
  const single = read("BETTER_AUTH_SECRET", parseSecret, secretRule);
  const authSecrets = [...(secrets ?? []).map(({ value }) => value), ...(single ? [single] : [])];
  const keys = read("JWT_SECRET_KEY", parseKeyRing, {
    missing: `${MAKE_SECRET} (FastAPI needs the same one)`,
  });
  if (authSecrets.some((value) => keys?.includes(value))) {
    problems.push(
      `JWT_SECRET_KEY: is also a secret of Better Auth, so FastAPI could forge sessions. Set it to another value. ${MAKE_SECRET}`,
    );
  }

  if (source.BETTER_AUTH_TRUSTED_ORIGINS) {
    // Better Auth reads this variable itself.
    problems.push(
      "BETTER_AUTH_TRUSTED_ORIGINS: makes Better Auth trust origins that the gate does not. Remove it",
    );
  }

  const audience = read("JWT_AUDIENCE", parseText, { fallback: "phase2-api" });
  const sameAudience = backends.filter((backend) => backend.audience && backend.audience === audience);
  for (const { prefix } of sameAudience) {
    problems.push(
      `JWT_AUDIENCE: is also the audience of ${prefix} in lib/routes.ts, so each of the two services would accept the other's tokens. Change one of them`,
    );
  }

  const smtpUrl = read("SMTP_URL", parseMailUrl);
  const senderRule = smtpUrl ? { missing: `SMTP_URL is set. ${NAME_A_SENDER}` } : {};
  const from = read("MAIL_FROM", parseSender, senderRule);

  const backendUrls = readBackendUrls(backends, read);
  const neonEndpoint = read("NEON_ENDPOINT", parseOrigin);
  const databaseUrl = read("DATABASE_URL", (value) => parseDatabaseUrl(value, neonEndpoint !== undefined), {
    missing:
      "Set it to the connection string of a Postgres, such as the one in Neon's console, or run `npm run up`, which starts a local database",
  });
  if (source.VERCEL && databaseUrl && !speaksNeon({ databaseUrl, neonEndpoint })) {
    problems.push(
      "DATABASE_URL: is not a database at Neon. On Vercel the gate can connect to no other one. Use Neon, or host the app yourself (docs/self-hosting.md)",
    );
  }

  const env = {
    appOrigin,
    origins: appOrigin === undefined ? undefined : ownOrigins(appOrigin, source),
    backendUrls,
    forwarding: read("BACKEND_FORWARD", oneOf("rewrite", "relay"), { fallback: "rewrite" }),
    databaseUrl,
    neonEndpoint,
    databasePoolSize: read("DATABASE_POOL_SIZE", wholeNumber(5, 100), { fallback: "10" }),
    gateDatabase: source[LISTENER] ? toGateDatabase(source[LISTENER]) : { databaseUrl, neonEndpoint },
    authSecrets,
    authOptions: { ...(secrets && { secrets }), ...(single && { secret: single }) },
    jwt: {
      keys,
      issuer: read("JWT_ISSUER", parseText, { fallback: "phase2-web" }),
      audience,
      ttlSeconds: read("JWT_TTL_SECONDS", wholeNumber(30, MAX_TTL_SECONDS), { fallback: "300" }),
    },
    sessionMaxStaleSeconds: read("SESSION_MAX_STALE_SECONDS", wholeNumber(0, 3600), { fallback: "60" }),
    maxBodyBytes: toBytes(read("MAX_BODY_MB", wholeNumber(1, LARGEST_BODY_MB), { fallback: "10" })),
    backendTimeoutSeconds: read("BACKEND_TIMEOUT_SECONDS", wholeNumber(1, LONGEST_TIMEOUT_SECONDS), {
      fallback: "120",
    }),
    longestTimeoutSeconds: findLongestTimeout(source),
    shutdownDelaySeconds: read("SHUTDOWN_DELAY_SECONDS", wholeNumber(0, 120), { fallback: "5" }),
    tokenEndpoint: read("TOKEN_ENDPOINT", oneOf("on", "off"), { fallback: "off" }) === "on",
    mail: smtpUrl && from && { smtpUrl, from },
    providers: {
      github: toProvider(
        read("GITHUB_CLIENT_ID", parseText, ifSet(source, "GITHUB_CLIENT_SECRET")),
        read("GITHUB_CLIENT_SECRET", parseText, ifSet(source, "GITHUB_CLIENT_ID")),
      ),
      google: toProvider(
        read("GOOGLE_CLIENT_ID", parseText, ifSet(source, "GOOGLE_CLIENT_SECRET")),
        read("GOOGLE_CLIENT_SECRET", parseText, ifSet(source, "GOOGLE_CLIENT_ID")),
      ),
    },
    oauthProxy: readOAuthProxy(read, problems, {
      appOrigin,
      otherSecrets: [...authSecrets, ...(keys ?? [])],
    }),
    onVercel: Boolean(source.VERCEL),
    development: source.NODE_ENV === "development",
    nextServer: Boolean(source.__NEXT_PRIVATE_ORIGIN),
    distDir: source.NEXT_DIST_DIR || ".next",
    clientAddressHeader: read("CLIENT_ADDRESS_HEADER", parseHeaderName, {
      // Vercel sets it on every request, and drops a header of that name from the client.
      fallback: source.VERCEL ? "x-vercel-forwarded-for" : undefined,
    }),
    otlpEndpoint: read("OTEL_EXPORTER_OTLP_ENDPOINT", parseBaseUrl),
  };

  if (problems.length > 0) throw new EnvError(problems);
  return env as Env;
}

interface Missing {
  fallback?: string | undefined;
  /** How to fix a missing value. If this is not set, the variable is optional. */
  missing?: string;
}

/** Creates the function that reads one variable, and adds a line to `problems` if it is invalid. */
function createReader(source: Source, problems: string[]) {
  return <T>(name: string, parse: Parse<T>, { fallback, missing }: Missing = {}): T | undefined => {
    const given = trim(source[name] ?? "");
    const value = given || fallback;
    if (source[name] && !given) {
      // Better Auth reads some variables itself, and treats a blank one as a value.
      problems.push(`${name}: is not set: it is blank. ${missing ?? "Remove it, or give it a value"}`);
      return undefined;
    }
    if (!value) {
      if (missing) problems.push(`${name}: is not set. ${missing}`);
      return undefined;
    }
    try {
      checkCharacters(value);
      return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(`${name}: ${error.message}`);
      return undefined;
    }
  };
}

/** Makes one variable of a pair required if the other one, `name`, is set. */
function ifSet(source: Source, name: string): Missing {
  return trim(source[name] ?? "") ? { missing: `${name} is set. Set both, or neither` } : {};
}

function toProvider(
  clientId: string | undefined,
  clientSecret: string | undefined,
): ProviderConfig | undefined {
  return clientId && clientSecret ? { clientId, clientSecret } : undefined;
}

function readOAuthProxy(
  read: ReturnType<typeof createReader>,
  problems: string[],
  { appOrigin, otherSecrets }: { appOrigin: string | undefined; otherSecrets: readonly string[] },
): OAuthProxy | undefined {
  const productionOrigin = read("OAUTH_PROXY_URL", parseOrigin);
  const previews = read("OAUTH_PROXY_PREVIEWS", parseOriginPatterns);
  const isUsed = productionOrigin !== undefined || previews !== undefined;
  const secret = read("OAUTH_PROXY_SECRET", parseSecret, isUsed ? { missing: MAKE_SECRET } : {});
  if (secret && otherSecrets.includes(secret)) {
    problems.push(
      `OAUTH_PROXY_SECRET: is also another secret of the app, which previews must not have. Set it to another value. ${MAKE_SECRET}`,
    );
  }
  if (productionOrigin !== undefined && previews !== undefined) {
    problems.push(
      "OAUTH_PROXY_URL: is for previews, and OAUTH_PROXY_PREVIEWS for production. Remove one of them",
    );
  }
  if (productionOrigin !== undefined && productionOrigin === appOrigin) {
    problems.push("OAUTH_PROXY_URL: is the address of this deployment. Set it in previews only");
  }
  if (secret && !isUsed) {
    problems.push(
      "OAUTH_PROXY_SECRET: is set alone. Set OAUTH_PROXY_PREVIEWS too in production, and OAUTH_PROXY_URL in previews",
    );
  }
  if (!secret) return undefined;
  if (productionOrigin !== undefined) return { role: "preview", secret, productionOrigin };
  return previews && { role: "production", secret, previews };
}

/** The listener as a database, from its connection string. */
export function toGateDatabase(listener: string): DatabaseAddress {
  return { databaseUrl: listener, neonEndpoint: `http://${parseConnectionString(listener).host}` };
}

function toBytes(megabytes: number | undefined): number | undefined {
  return megabytes === undefined ? undefined : megabytes * 1024 * 1024;
}

function readBackendUrls(
  backends: readonly Backend[],
  read: ReturnType<typeof createReader>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    backends.map(({ prefix, address }) => [
      address,
      read(address, parseBaseUrl, {
        missing: `Set it to the address of the backend at ${prefix}, such as https://api.example.com`,
      }),
    ]),
  );
}

/** On Vercel a relay cannot wait longer than the platform allows. */
function findLongestTimeout(source: Source): number {
  const isLimited = source.VERCEL && source.BACKEND_FORWARD?.trim() === "relay";
  return isLimited ? VERCEL_FIRST_BYTE : LONGEST_TIMEOUT_SECONDS;
}

/** The origin that Vercel's variables name. A preview deployment has no configured URL. */
function vercelOrigin(source: Source): string | undefined {
  const host = source.VERCEL_ENV === "production" ? source.VERCEL_PROJECT_PRODUCTION_URL : source.VERCEL_URL;
  return host ? `https://${host}` : undefined;
}

/**
 * The app's own origin, the other origins that Vercel gives the same deployment, and, for a
 * loopback origin, both of its names.
 */
function ownOrigins(appOrigin: string, source: Source): string[] {
  const origins = new Set([appOrigin]);
  for (const host of [source.VERCEL_URL, source.VERCEL_BRANCH_URL, source.VERCEL_PROJECT_PRODUCTION_URL]) {
    if (host) origins.add(`https://${host}`);
  }
  const url = new URL(appOrigin);
  if (url.hostname === "localhost" || url.hostname === "127.0.0.1") {
    for (const name of ["localhost", "127.0.0.1"]) {
      url.hostname = name;
      origins.add(url.origin);
    }
  }
  return [...origins];
}
