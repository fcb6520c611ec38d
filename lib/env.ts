import { InvalidValue, parseBaseUrl, parseDatabaseUrl, parseMailUrl, parseOrigin } from "./addresses";
import { type JwtConfig, MAX_TTL_SECONDS, MIN_KEY_BYTES } from "./token/contract";

/** The validated configuration of the app. */
export interface Env {
  /** Scheme, host and port, as browsers see them. */
  readonly appOrigin: string;
  /** Every origin of this app. Includes `appOrigin`. */
  readonly origins: readonly string[];
  /** Base URL of FastAPI, without a trailing slash. It may have a path. */
  readonly backendUrl: string;
  /**
   * What transfers the data between browser and FastAPI. `rewrite`: the platform or Next's server.
   * `relay`: the gate itself.
   */
  readonly forwarding: "rewrite" | "relay";
  readonly databaseUrl: string;
  /** Where the Neon driver sends its queries, if not to Neon itself (the local stack). */
  readonly neonEndpoint: string | undefined;
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
  /** Whether `GET /api/auth/token` exists. */
  readonly tokenEndpoint: boolean;
  /**
   * The mail server and the sender. Without it `next dev` stores the emails in its mailbox, and a
   * build cannot send any.
   */
  readonly mail: MailConfig | undefined;
  /** Other sites that users can sign in with. */
  readonly providers: Readonly<Partial<Record<ProviderName, ProviderConfig>>>;
  /** Whether this runs on Vercel, not on your own server. */
  readonly onVercel: boolean;
  /** Whether this is `next dev`. */
  readonly development: boolean;
  /**
   * True if Next's own server does the rewrites (`next start`, `server.js`), not a platform. Next's
   * server sets the variable that this is read from.
   */
  readonly nextServer: boolean | undefined;
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

export interface VersionedSecret {
  readonly version: number;
  readonly value: string;
}

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

/** Seconds. Node's `fetch` has its own timeout of 300 seconds. */
const MAX_BACKEND_TIMEOUT = 290;
/** Seconds. Vercel stops a middleware that has not sent the first byte of its response by then. */
const VERCEL_FIRST_BYTE = 25;

type Source = Readonly<Record<string, string | undefined>>;

const MAKE_SECRET = "Make one with: openssl rand -base64 32";
const NAME_A_SENDER = "Set it to who writes, such as Gatehouse <no-reply@example.com>";
const PLACEHOLDER =
  /change.?me|your.?secret|replace|placeholder|example.?secret|better-auth-secret|^(.)\1*$/iu;

const NAME_A_HEADER = "Set it to the header that your proxy writes, such as X-Real-IP";
/**
 * Standard request headers. The caller sets them, or they contain something other than one address.
 */
const NO_ADDRESS_HEADER =
  /^(accept|access-control|content|cookie|if|next|proxy|sec|x-middleware|x-nextjs)(-.*)?$|^(authorization|baggage|cache-control|connection|date|expect|forwarded|from|host|keep-alive|max-forwards|origin|pragma|priority|range|referer|rsc|set-cookie|te|trace(parent|state)|trailer|transfer-encoding|upgrade(-.*)?|user-agent|via|x-forwarded-(host|port|proto)|x-request-id)$/;

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
 * The configuration of this process, parsed once. No other code reads `process.env`.
 * @throws {EnvError}
 */
export function loadEnv(): Env {
  loaded ??= parseEnv(process.env);
  return loaded;
}

/** The other sites that users of this deployment can sign in with. */
export function providersOf({ providers }: Pick<Env, "providers">): ProviderName[] {
  return (["github", "google"] as const).filter((name) => providers[name]);
}

/**
 * Checks every variable, and reports all problems together.
 * @throws {EnvError}
 */
export function parseEnv(source: Source): Env {
  const problems: string[] = [];
  const read = reader(source, problems);

  const appOrigin = read("BETTER_AUTH_URL", parseOrigin, {
    fallback: vercelOrigin(source),
    missing: "Set it to the address that people open, such as https://app.example.com",
  });
  const secrets = read("BETTER_AUTH_SECRETS", versionedSecrets);
  const needed = trim(source.BETTER_AUTH_SECRETS ?? "") ? {} : { missing: MAKE_SECRET };
  const single = read("BETTER_AUTH_SECRET", secret, needed);
  const authSecrets = [...(secrets ?? []).map(({ value }) => value), ...(single ? [single] : [])];
  const keys = read("JWT_SECRET_KEY", keyRing, { missing: `${MAKE_SECRET} (FastAPI needs the same one)` });
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

  const smtpUrl = read("SMTP_URL", parseMailUrl);
  const from = read("MAIL_FROM", sender, smtpUrl ? { missing: `SMTP_URL is set. ${NAME_A_SENDER}` } : {});

  const env = {
    appOrigin,
    origins: appOrigin === undefined ? undefined : ownOrigins(appOrigin, source),
    backendUrl: read("BACKEND_URL", parseBaseUrl, {
      missing: "Set it to the address of FastAPI, such as https://api.example.com",
    }),
    forwarding: read("BACKEND_FORWARD", oneOf("rewrite", "relay"), { fallback: "rewrite" }),
    databaseUrl: read("DATABASE_URL", parseDatabaseUrl, {
      missing:
        "Set it to the connection string from Neon's console, or run `npm run up`, which brings a database",
    }),
    neonEndpoint: read("NEON_ENDPOINT", parseOrigin),
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
    backendTimeoutSeconds: backendTimeout(
      read("BACKEND_TIMEOUT_SECONDS", wholeNumber(1, MAX_BACKEND_TIMEOUT), { fallback: "120" }),
      source,
    ),
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
    nextServer: source.__NEXT_PRIVATE_ORIGIN ? true : undefined,
    distDir: source.NEXT_DIST_DIR || ".next",
    clientAddressHeader: read("CLIENT_ADDRESS_HEADER", headerName, {
      // Vercel sets it on every request, and drops a header of that name from the client.
      fallback: source.VERCEL ? "x-vercel-forwarded-for" : undefined,
    }),
    otlpEndpoint: read("OTEL_EXPORTER_OTLP_ENDPOINT", parseBaseUrl),
  };

  if (problems.length > 0) throw new EnvError(problems);
  return env as Env;
}

type Parse<T> = (value: string) => T;
interface Missing {
  fallback?: string | undefined;
  /** How to fix a missing value. If this is not set, the variable is optional. */
  missing?: string;
}

function reader(source: Source, problems: string[]) {
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

/**
 * Does the same as `str.strip(" \t\r\n")` in `backend/auth.py`. Not `trim()`: JavaScript and Python
 * differ in what else they treat as white space, and both sides must read the same key.
 */
function trim(value: string): string {
  return value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/**
 * Control characters, white space other than the space, zero-width characters, and U+FFFD, which
 * replaces bytes that are not UTF-8. `backend/auth.py` has the same list.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffd\ud800-\udfff]/u;

function checkCharacters(value: string): void {
  const code = value.match(INVISIBLE)?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  if (code) throw new InvalidValue(`holds a control or invisible character (U+${code}). Remove it`);
  if (/^(["'`]).*\1$/.test(value)) {
    throw new InvalidValue("is in quotes, which are part of the value here. Remove them");
  }
}

const text: Parse<string> = (value) => value;

function oneOf<T extends string>(...allowed: readonly T[]): Parse<T> {
  return (value) => {
    const found = allowed.find((word) => word === value);
    if (!found) throw new InvalidValue(`is "${value}". Set it to ${allowed.join(" or ")}`);
    return found;
  };
}

function wholeNumber(min: number, max: number): Parse<number> {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new InvalidValue(`is "${value}". Set it to a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

const headerName: Parse<string> = (value) => {
  const name = value.toLowerCase();
  // The gate and most proxies drop a header whose name has an underscore. Names of address headers
  // contain no punctuation other than hyphens.
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new InvalidValue(`"${value}" is not the name of a header. Use letters, digits and hyphens only`);
  }
  if (NO_ADDRESS_HEADER.test(name)) {
    throw new InvalidValue(`is ${name}, which does not hold one address. ${NAME_A_HEADER}`);
  }
  return name;
};

/** The message never contains the value of the secret. */
const secret: Parse<string> = (value) => {
  checkCharacters(value);
  const bytes = new TextEncoder().encode(value).length;
  if (bytes < MIN_KEY_BYTES) {
    throw new InvalidValue(`is ${bytes} bytes long, and ${MIN_KEY_BYTES} is the least. ${MAKE_SECRET}`);
  }
  if (PLACEHOLDER.test(value)) throw new InvalidValue(`is a placeholder. ${MAKE_SECRET}`);
  return value;
};

const keyRing: Parse<readonly string[]> = (value) => {
  const keys = value.split(",").map(trim);
  if (keys.includes("")) throw new InvalidValue("holds an empty key. Remove the stray comma");
  return keys.map(secret);
};

/** Better Auth's own format: `2:<new>,1:<old>`. */
const versionedSecrets: Parse<VersionedSecret[]> = (value) => {
  const entries = value.split(",").map((entry) => {
    const [, version, key] = trim(entry).match(/^(\d{1,9}):(.+)$/) ?? [];
    if (!version || !key) throw new InvalidValue("is not of the form 2:<new secret>,1:<old secret>");
    return { version: Number(version), value: secret(trim(key)) };
  });
  if (new Set(entries.map(({ version }) => version)).size < entries.length) {
    throw new InvalidValue("gives one number to two secrets. Count them up: 2:<new secret>,1:<old secret>");
  }
  return entries;
};

/**
 * RFC 5322 §3.4: an address alone, or a name followed by the address in angle brackets. A name with
 * punctuation must be in double quotes: without them nodemailer reads `Acme, Inc <a@b.c>` as two
 * senders.
 */
const MAILBOX = String.raw`[^\s"(),:;<>@[\\\]]+@[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*`;
const DISPLAY_NAME = String.raw`(?:"[^"\\]*"|[^"(),:;<>@[\\\]]+)`;
const SENDER = new RegExp(`^(?:${MAILBOX}|${DISPLAY_NAME}\\s*<${MAILBOX}>)$`, "u");

const sender: Parse<string> = (value) => {
  if (!SENDER.test(value)) throw new InvalidValue(`"${value}" is not an email address. ${NAME_A_SENDER}`);
  return value;
};

/** Makes one variable of a pair required if the other one, `name`, is set. */
function ifSet(source: Source, name: string): Missing {
  return trim(source[name] ?? "") ? { missing: `${name} is set. Set both, or neither` } : {};
}

function both(clientId: string | undefined, clientSecret: string | undefined): ProviderConfig | undefined {
  return clientId && clientSecret ? { clientId, clientSecret } : undefined;
}

function megabytes(count: number | undefined): number | undefined {
  return count === undefined ? undefined : count * 1024 * 1024;
}

/** On Vercel a relay cannot wait longer than the platform allows. */
function backendTimeout(seconds: number | undefined, source: Source): number | undefined {
  const isLimited = seconds !== undefined && source.VERCEL && source.BACKEND_FORWARD?.trim() === "relay";
  return isLimited ? Math.min(seconds, VERCEL_FIRST_BYTE) : seconds;
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
