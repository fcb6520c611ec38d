import { InvalidValue } from "./addresses";
import { MIN_KEY_BYTES } from "./token/contract";

/**
 * The rules for the values of environment variables, other than addresses.
 * @throws {InvalidValue} from each of the functions of this type
 */
export type Parse<T> = (value: string) => T;

/** One of Better Auth's secrets with its number. */
export interface VersionedSecret {
  readonly version: number;
  readonly value: string;
}

export const MAKE_SECRET = "Make one with: openssl rand -base64 32";
export const NAME_A_SENDER = "Set it to the sender, such as Gatehouse <no-reply@example.com>";

/**
 * Does the same as `str.strip(" \t\r\n")` in `backend/auth.py`. Not `trim()`: JavaScript and Python
 * differ in what else they treat as white space, and both sides must read the same key.
 */
export function trim(value: string): string {
  return value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/**
 * Control characters, white space other than the space, zero-width characters, and U+FFFD, which
 * replaces bytes that are not UTF-8. `backend/auth.py` has the same list.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern must match them
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffd\ud800-\udfff]/u;

/** @throws {InvalidValue} for a value with such a character, or in quotes */
export function checkCharacters(value: string): void {
  const code = value.match(INVISIBLE)?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  if (code) throw new InvalidValue(`holds a control or invisible character (U+${code}). Remove it`);
  if (/^(["'`]).*\1$/.test(value)) {
    throw new InvalidValue("is in quotes, which are part of the value here. Remove them");
  }
}

export const parseText: Parse<string> = (value) => value;

export function oneOf<T extends string>(...allowed: readonly T[]): Parse<T> {
  return (value) => {
    const found = allowed.find((word) => word === value);
    if (!found) throw new InvalidValue(`is "${value}". Set it to ${allowed.join(" or ")}`);
    return found;
  };
}

export function wholeNumber(min: number, max: number): Parse<number> {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new InvalidValue(`is "${value}". Set it to a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

const NAME_A_HEADER = "Set it to the header that your proxy writes, such as X-Real-IP";
/**
 * Standard request headers. The caller sets them, or they contain something other than one address.
 */
const NO_ADDRESS_HEADER =
  /^(accept|access-control|content|cookie|if|next|proxy|sec|x-middleware|x-nextjs)(-.*)?$|^(authorization|baggage|cache-control|connection|date|expect|forwarded|from|host|keep-alive|max-forwards|origin|pragma|priority|range|referer|rsc|set-cookie|te|trace(parent|state)|trailer|transfer-encoding|upgrade(-.*)?|user-agent|via|x-forwarded-(host|port|proto)|x-request-id)$/;

export const parseHeaderName: Parse<string> = (value) => {
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

const PLACEHOLDER =
  /change.?me|your.?secret|replace|placeholder|example.?secret|better-auth-secret|^(.)\1*$/iu;

/** The message never contains the value of the secret. */
export const parseSecret: Parse<string> = (value) => {
  checkCharacters(value);
  const bytes = new TextEncoder().encode(value).length;
  if (bytes < MIN_KEY_BYTES) {
    throw new InvalidValue(`is ${bytes} bytes long, and the minimum is ${MIN_KEY_BYTES}. ${MAKE_SECRET}`);
  }
  if (PLACEHOLDER.test(value)) throw new InvalidValue(`is a placeholder. ${MAKE_SECRET}`);
  return value;
};

export const parseKeyRing: Parse<readonly string[]> = (value) => {
  const keys = value.split(",").map(trim);
  if (keys.includes("")) throw new InvalidValue("holds an empty key. Remove the stray comma");
  return keys.map(parseSecret);
};

/** Better Auth's own format: `2:<new>,1:<old>`. */
export const parseVersionedSecrets: Parse<VersionedSecret[]> = (value) => {
  const entries = value.split(",").map((entry) => {
    const [, version, key] = trim(entry).match(/^(\d{1,9}):(.+)$/) ?? [];
    if (!version || !key) throw new InvalidValue("is not of the form 2:<new secret>,1:<old secret>");
    return { version: Number(version), value: parseSecret(trim(key)) };
  });
  if (new Set(entries.map(({ version }) => version)).size < entries.length) {
    throw new InvalidValue("gives one number to two secrets. Count them up: 2:<new secret>,1:<old secret>");
  }
  return entries;
};

/**
 * RFC 5322 §3.4: an address alone, or a name followed by the address in angle brackets. A name
 * with punctuation must be in double quotes: without them nodemailer reads `Acme, Inc <a@b.c>` as
 * two senders.
 */
const MAILBOX = String.raw`[^\s"(),:;<>@[\\\]]+@[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*`;
const DISPLAY_NAME = String.raw`(?:"[^"\\]*"|[^"(),:;<>@[\\\]]+)`;
const SENDER = new RegExp(`^(?:${MAILBOX}|${DISPLAY_NAME}\\s*<${MAILBOX}>)$`, "u");

export const parseSender: Parse<string> = (value) => {
  if (!SENDER.test(value)) throw new InvalidValue(`"${value}" is not an email address. ${NAME_A_SENDER}`);
  return value;
};
