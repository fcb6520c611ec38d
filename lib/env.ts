import { type JwtConfig, MAX_TTL_SECONDS, MIN_KEY_BYTES } from "./contract";

/** What the app runs on, checked. */
export interface Env {
  /** Scheme, host and port that browsers see. */
  readonly appOrigin: string;
  /** Every origin that counts as ours; holds `appOrigin`. */
  readonly origins: readonly string[];
  /** Base address of FastAPI, with no trailing slash; may hold a path. */
  readonly backendUrl: string;
  /** Who moves the bytes between browser and FastAPI: the platform, or the gate itself. */
  readonly forwarding: "rewrite" | "relay";
  readonly databaseUrl: string;
  /** Where the Neon driver sends its queries, when it is not Neon itself (the local stack). */
  readonly neonEndpoint: string | undefined;
  /** Better Auth's secrets: the first signs cookies, all verify them. */
  readonly authSecrets: readonly string[];
  /** The same ones, in the form that Better Auth takes. */
  readonly authOptions: { readonly secret?: string; readonly secrets?: VersionedSecret[] };
  readonly jwt: JwtConfig;
  /** For how long a session is trusted without asking the store, in seconds. */
  readonly sessionMaxStaleSeconds: number;
  /** Largest request body that is forwarded, in bytes. */
  readonly maxBodyBytes: number;
  /** Whether `GET /api/auth/token` exists. */
  readonly tokenEndpoint: boolean;
  /** The mail server, and who writes. Without it `next dev` keeps the messages, and a build can send none. */
  readonly mail: MailConfig | undefined;
  /** Other sites to sign in with. */
  readonly providers: Readonly<Partial<Record<ProviderName, ProviderConfig>>>;
  /** Whether Vercel runs this, and not a server of your own. */
  readonly onVercel: boolean;
  /** Whether this is `next dev`. */
  readonly development: boolean;
  /** Where `next build` writes. The tests build beside the app that runs. */
  readonly distDir: string;
  /** The request header in which the platform, and nobody else, writes the client's address. */
  readonly clientAddressHeader: string | undefined;
  /** Where traces are sent, if anywhere. `@vercel/otel` reads the same variable, and the others of OpenTelemetry. */
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

export interface VersionedSecret {
  readonly version: number;
  readonly value: string;
}

/** The variables are unfit: one line for each, with its name, what is wrong and how to mend it. */
export class EnvError extends Error {
  override readonly name = "EnvError";
  readonly code = "env_invalid";

  constructor(readonly problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((line) => `  - ${line}`).join("\n")}`);
  }
}

type Source = Readonly<Record<string, string | undefined>>;

const MAKE_SECRET = "Make one with: openssl rand -base64 32";
const NAME_A_SENDER = "Set it to who writes, such as Gatehouse <no-reply@example.com>";
const PLACEHOLDER =
  /change.?me|your.?secret|replace|placeholder|example.?secret|better-auth-secret|^(.)\1*$/i;

let loaded: Env | undefined;

/** The process's own configuration, parsed once. The one place that reads `process.env`. */
export function loadEnv(): Env {
  loaded ??= parseEnv(process.env);
  return loaded;
}

/** The other sites to sign in with here. */
export function providersOf({ providers }: Pick<Env, "providers">): ProviderName[] {
  return (["github", "google"] as const).filter((name) => providers[name]);
}

/**
 * Checks every variable and reports all that is wrong together.
 * @throws {EnvError}
 */
export function parseEnv(source: Source): Env {
  const problems: string[] = [];
  const read = reader(source, problems);

  const appOrigin = read("BETTER_AUTH_URL", originOf, {
    fallback: vercelOrigin(source),
    missing: "Set it to the address that people open, such as https://app.example.com",
  });
  const secrets = read("BETTER_AUTH_SECRETS", versionedSecrets);
  const needed = source.BETTER_AUTH_SECRETS ? {} : { missing: MAKE_SECRET };
  const single = read("BETTER_AUTH_SECRET", secret, needed);
  const authSecrets = [...(secrets ?? []).map(({ value }) => value), ...(single ? [single] : [])];
  const keys = read("JWT_SECRET_KEY", keyRing, { missing: `${MAKE_SECRET} (FastAPI needs the same one)` });
  if (authSecrets.some((value) => keys?.includes(value))) {
    problems.push(
      `JWT_SECRET_KEY: is also a secret of Better Auth's, so FastAPI could forge sessions. Give it one of its own. ${MAKE_SECRET}`,
    );
  }

  const smtpUrl = read("SMTP_URL", smtpAddress);
  const from = read("MAIL_FROM", sender, smtpUrl ? { missing: `SMTP_URL is set. ${NAME_A_SENDER}` } : {});

  const env = {
    appOrigin,
    origins: appOrigin === undefined ? undefined : ownOrigins(appOrigin, source),
    backendUrl: read("BACKEND_URL", baseUrl, {
      missing: "Set it to the address of FastAPI, such as https://api.example.com",
    }),
    forwarding: read("BACKEND_FORWARD", oneOf("rewrite", "relay"), { fallback: "rewrite" }),
    databaseUrl: read("DATABASE_URL", postgresUrl, {
      missing:
        "Set it to the connection string from Neon's console, or run `npm run up`, which brings a database",
    }),
    neonEndpoint: read("NEON_ENDPOINT", originOf),
    authSecrets,
    authOptions: { ...(secrets && { secrets }), ...(single && { secret: single }) },
    jwt: {
      keys,
      issuer: read("JWT_ISSUER", text, { fallback: "phase2-web" }),
      audience: read("JWT_AUDIENCE", text, { fallback: "phase2-api" }),
      ttlSeconds: read("JWT_TTL_SECONDS", wholeNumber(30, MAX_TTL_SECONDS), { fallback: "300" }),
    },
    sessionMaxStaleSeconds: read("SESSION_MAX_STALE_SECONDS", wholeNumber(0, 3600), { fallback: "60" }),
    maxBodyBytes: megabytes(read("MAX_BODY_MB", wholeNumber(1, 1024), { fallback: "10" })),
    tokenEndpoint: read("TOKEN_ENDPOINT", oneOf("on", "off"), { fallback: "off" }) === "on",
    mail: smtpUrl && from && { smtpUrl, from },
    providers: {
      github: both(
        read("GITHUB_CLIENT_ID", text, ifSet(source, "GITHUB_CLIENT_SECRET")),
        read("GITHUB_CLIENT_SECRET", text, ifSet(source, "GITHUB_CLIENT_ID")),
      ),
      google: both(
        read("GOOGLE_CLIENT_ID", text, ifSet(source, "GOOGLE_CLIENT_SECRET")),
        read("GOOGLE_CLIENT_SECRET", text, ifSet(source, "GOOGLE_CLIENT_ID")),
      ),
    },
    onVercel: Boolean(source.VERCEL),
    development: source.NODE_ENV === "development",
    distDir: source.NEXT_DIST_DIR || ".next",
    clientAddressHeader: read("CLIENT_ADDRESS_HEADER", headerName, {
      // Vercel sets it on every request and drops what the client sent under that name.
      fallback: source.VERCEL ? "x-vercel-forwarded-for" : undefined,
    }),
    otlpEndpoint: read("OTEL_EXPORTER_OTLP_ENDPOINT", baseUrl),
  };

  if (problems.length > 0) throw new EnvError(problems);
  return env as Env;
}

/** Thrown by the parsers below: what is wrong with one value, then how to mend it. */
class Unfit extends Error {}

type Parse<T> = (value: string) => T;
interface Missing {
  fallback?: string | undefined;
  /** How to mend a missing value; without it the variable is optional. */
  missing?: string;
}

function reader(source: Source, problems: string[]) {
  return <T>(name: string, parse: Parse<T>, { fallback, missing }: Missing = {}): T | undefined => {
    const value = source[name]?.trim() || fallback;
    if (!value) {
      if (missing) problems.push(`${name}: is not set. ${missing}`);
      return undefined;
    }
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push(`${name}: ${error.message}`);
      return undefined;
    }
  };
}

const text: Parse<string> = (value) => value;

function oneOf<T extends string>(...allowed: readonly T[]): Parse<T> {
  return (value) => {
    const found = allowed.find((word) => word === value);
    if (!found) throw new Unfit(`is "${value}". Set it to ${allowed.join(" or ")}`);
    return found;
  };
}

function wholeNumber(min: number, max: number): Parse<number> {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new Unfit(`is "${value}". Set it to a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

const headerName: Parse<string> = (value) => {
  // RFC 9110 §5.1: a field name is a token.
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(value)) throw new Unfit(`"${value}" is not the name of a header`);
  return value.toLowerCase();
};

/** A secret's value never stands in a message. */
const secret: Parse<string> = (value) => {
  const bytes = new TextEncoder().encode(value).length;
  if (bytes < MIN_KEY_BYTES) {
    throw new Unfit(`is ${bytes} bytes long, and ${MIN_KEY_BYTES} is the least. ${MAKE_SECRET}`);
  }
  if (PLACEHOLDER.test(value)) throw new Unfit(`is a placeholder. ${MAKE_SECRET}`);
  return value;
};

const keyRing: Parse<readonly string[]> = (value) => {
  const keys = value.split(",").map((key) => key.trim());
  if (keys.includes("")) throw new Unfit("holds an empty key. Remove the stray comma");
  return keys.map(secret);
};

/** Better Auth's own notation: `2:<new>,1:<old>`. */
const versionedSecrets: Parse<VersionedSecret[]> = (value) => {
  const entries = value.split(",").map((entry) => {
    const [, version, key] = entry.trim().match(/^(\d{1,9}):(.+)$/) ?? [];
    if (!version || !key) throw new Unfit("is not of the form 2:<new secret>,1:<old secret>");
    return { version: Number(version), value: secret(key.trim()) };
  });
  if (new Set(entries.map(({ version }) => version)).size < entries.length) {
    throw new Unfit("gives one number to two secrets. Count them up: 2:<new secret>,1:<old secret>");
  }
  return entries;
};

function httpUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new Unfit(`"${value}" is not an address. It begins with http:// or https://`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new Unfit("holds more than an address. Leave out user, password, query and fragment");
  }
  return url;
}

const originOf: Parse<string> = (value) => {
  const url = httpUrl(value);
  if (url.pathname !== "/") throw new Unfit(`holds the path ${url.pathname}. Set it to ${url.origin}`);
  return url.origin;
};

const baseUrl: Parse<string> = (value) => httpUrl(value).href.replace(/\/+$/, "");

const postgresUrl: Parse<string> = (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !url.hostname) {
    // The value holds a password: it is not repeated.
    throw new Unfit("is not a connection string. It begins with postgresql://user:password@host/");
  }
  return value;
};

const smtpAddress: Parse<string> = (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^smtps?:$/.test(url.protocol) || !url.hostname) {
    // The value holds a password: it is not repeated.
    throw new Unfit("is not the address of a mail server. It begins with smtp://user:password@host:587");
  }
  return value;
};

const sender: Parse<string> = (value) => {
  // RFC 5322 §3.4: an address alone, or in angle brackets behind a name.
  if (!/^([^<>@\r\n]+<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value)) {
    throw new Unfit(`"${value}" is not an email address. ${NAME_A_SENDER}`);
  }
  return value;
};

/** For one half of a pair. */
function ifSet(source: Source, name: string): Missing {
  return source[name]?.trim() ? { missing: `${name} is set. Set both, or neither` } : {};
}

function both(clientId: string | undefined, clientSecret: string | undefined): ProviderConfig | undefined {
  return clientId && clientSecret ? { clientId, clientSecret } : undefined;
}

function megabytes(count: number | undefined): number | undefined {
  return count === undefined ? undefined : count * 1024 * 1024;
}

/** A preview deployment has no address of its own in the settings; Vercel names it. */
function vercelOrigin(source: Source): string | undefined {
  const host = source.VERCEL_ENV === "production" ? source.VERCEL_PROJECT_PRODUCTION_URL : source.VERCEL_URL;
  return host ? `https://${host}` : undefined;
}

/** The app's own origin, the other names Vercel gives the same deployment, and loopback's two names. */
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
