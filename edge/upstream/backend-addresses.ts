import { ownValue } from "../../lib/own-value";

/**
 * Rewrites addresses in the headers of a relayed response. The backend knows its paths by its own
 * address; browsers know them below the gate's prefix. An address that names the backend becomes a
 * path below the prefix. An address of another site does not change.
 */

/** Rewrites the value of a header that holds addresses. Undefined: an address is invalid. */
type Rewrite = (value: string, toApp: ToApp) => string | undefined;
/** The address for the browser, or undefined if it is invalid. */
type ToApp = (address: string) => string | undefined;

export interface BackendAddresses {
  /**
   * @returns the value of a response header for the browser, or undefined if the header must be
   * dropped
   */
  rewriteHeader(name: string, value: string, target: string): string | undefined;
}

const REWRITES: Readonly<Record<string, Rewrite>> = {
  location: (value, toApp) => toApp(value),
  "content-location": (value, toApp) => toApp(value),
  sourcemap: (value, toApp) => toApp(value),
  refresh: rewriteRefresh,
  link: rewriteLink,
};

/**
 * @param backendUrl `BACKEND_URL`: an origin, with a path if the backend has one
 * @param prefix the path below which browsers reach the backend
 */
export function createBackendAddresses(backendUrl: string, prefix: string): BackendAddresses {
  const base = new URL(backendUrl);
  const basePath = base.pathname === "/" ? "" : base.pathname;
  const inText = addressPattern(base, basePath);
  const bareHost = /[.:]/.test(base.host) ? hostPattern(base) : undefined;

  return {
    rewriteHeader(name, value, target) {
      const rewrite = ownValue(REWRITES, name);
      if (rewrite) return rewrite(value, (address) => toApp(address, target));
      const rewritten = value.replace(inText, prefix);
      return bareHost?.test(rewritten) ? undefined : rewritten;
    },
  };

  function toApp(address: string, target: string): string | undefined {
    const text = decodeUtf8(address);
    if (!URL.canParse(text, target)) return undefined;
    const url = new URL(text, target);
    if (!isBackend(url)) return address;
    const mapped = prefix + withoutBase(url.pathname) + url.search + url.hash;
    const here = new URL(prefix + withoutBase(new URL(target).pathname), base);
    // A relative address such as "?page=2" means the same on both sides. "../x" may leave the
    // prefix.
    return new URL(text, here).href === new URL(mapped, here).href ? address : mapped;
  }

  function isBackend(url: URL): boolean {
    // The scheme is not compared: uvicorn writes "https" if `X-Forwarded-Proto` says https.
    if (!/^(https?|wss?):$/.test(url.protocol)) return false;
    return url.host === base.host || (url.port === base.port && isLoopback(url) && isLoopback(base));
  }

  function withoutBase(pathname: string): string {
    return pathname === basePath || pathname.startsWith(`${basePath}/`)
      ? pathname.slice(basePath.length)
      : pathname;
  }
}

/**
 * HTML, "shared declarative refresh steps": seconds, then optionally an address, with or without
 * quotes.
 */
function rewriteRefresh(value: string, toApp: ToApp): string | undefined {
  const parts = value.trim().match(/^([\d.]+\s*[;,]?\s*(?:url\s*=\s*)?)(["']?)(.*?)\2$/i);
  if (!parts) return undefined;
  const [, before = "", quote = "", address = ""] = parts;
  if (address === "") return value;
  const mapped = toApp(address);
  return mapped === undefined ? undefined : before + quote + mapped + quote;
}

/**
 * RFC 8288 §3: `<address>; rel="next"`. Commas separate several links. The `anchor` parameter holds
 * an address as well.
 */
function rewriteLink(value: string, toApp: ToApp): string | undefined {
  let isValid = true;
  const map = (address: string) => {
    const mapped = toApp(address);
    if (mapped === undefined) isValid = false;
    return mapped ?? "";
  };
  const rewritten = value
    .replace(
      /(;\s*anchor\s*=\s*)"([^"]*)"/gi,
      (_, before: string, address: string) => `${before}"${map(address)}"`,
    )
    .replace(/"(?:[^"\\]|\\.)*"|<([^<>]*)>/g, (part: string, address: string | undefined) =>
      address === undefined ? part : `<${map(address.trim())}>`,
    );
  return isValid ? rewritten : undefined;
}

/** Matches the backend's address anywhere in a text. */
function addressPattern(base: URL, basePath: string): RegExp {
  const path = basePath && `(?:${escapePattern(basePath)}(?![^/?#"'<>\\s,;]))?`;
  return new RegExp(`(?:(?:https?|wss?):)?//${hosts(base)}(?![\\w.:-])${path}`, "gi");
}

/** Matches the backend's host without a scheme. */
function hostPattern(base: URL): RegExp {
  return new RegExp(`(?<![\\w.-])${hosts(base)}(?![\\w.-])`, "i");
}

/** A pattern for the backend's host. A backend on this machine has several names. */
function hosts(base: URL): string {
  if (!isLoopback(base)) return escapePattern(base.host);
  return `(?:localhost|127\\.\\d+\\.\\d+\\.\\d+|0\\.0\\.0\\.0|\\[::1\\])${base.port && `:${base.port}`}`;
}

function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\])$/.test(hostname);
}

/** `fetch` reads header values as Latin-1, but an address may hold UTF-8 bytes. */
function decodeUtf8(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
