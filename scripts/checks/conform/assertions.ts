import { isWithin } from "../../../lib/route-patterns";
import { routes } from "../../../lib/routes";
import { pagePath } from "../../lib/page-path";
import { CheckFailed, CheckSkipped } from "../check";
import { type HttpRequest, type HttpResponse, SCRIPT, type Send } from "../probe";
import { type Account, THROW_AWAY_EMAIL } from "./account";
import { first, further } from "./backends";
import type { Context } from "./context";

/** Pages, as browsers request them. */
export const HOME = pagePath(routes.home);
export const LOGIN = pagePath(routes.login);

export const BACKEND = first.prefix;
export const ME = `${BACKEND}/api/me`;
export const TASKS = `${BACKEND}/api/tasks`;
/** The origin of an attacker's page. */
export const EVIL = "https://evil.example";

/** @throws {CheckFailed} unless `condition` is true */
export function assert(condition: boolean, expected: string, actual: string): asserts condition {
  if (!condition) throw new CheckFailed(`expected ${expected}; got ${actual}`);
}

/** @throws {CheckSkipped} always */
export function skip(reason: string): never {
  throw new CheckSkipped(reason);
}

/** A response in a few words. */
export function describeResponse(response: HttpResponse): string {
  if (response.status === 0) return response.silence === "closed" ? "a closed connection" : "no response";
  const location = response.headers.get("location");
  return `${response.status}${location ? ` to ${location}` : ""}`;
}

/** @throws {CheckFailed} unless the response has the status, or one of them */
export function assertStatus(
  response: HttpResponse,
  expected: number | readonly number[],
  request: string,
): void {
  const all = [expected].flat();
  assert(all.includes(response.status), `${all.join(" or ")} from ${request}`, describeResponse(response));
}

/**
 * The URL that a browser would follow.
 * @throws {CheckFailed} when there is no valid Location
 */
export function readLocation(context: Context, path: string, response: HttpResponse): URL {
  const location = response.headers.get("location") ?? "";
  const isUrl = location !== "" && URL.canParse(location, context.origin + path);
  assert(isUrl, `a Location from ${path}`, describeResponse(response));
  return new URL(location, context.origin + path);
}

/** @throws {CheckFailed} unless caches must not store the response (RFC 9111 §5.2.2.5) */
export function assertNoStore(response: HttpResponse, request: string): void {
  const value = response.headers.get("cache-control") ?? "";
  assert(/\bno-store\b/.test(value), `Cache-Control: private, no-store from ${request}`, value || "none");
}

/** Sends each request signed out, and asserts that none returns content. */
export async function assertRefused(context: Context, requests: readonly HttpRequest[]): Promise<void> {
  for (const request of requests) {
    const response = await context.send(request);
    const shown = Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const description = [`${request.method ?? "GET"} ${request.path}`, ...shown].join(", ");
    const isRefused = response.status > 299 || response.silence === "closed";
    assert(isRefused, `no content for a signed-out ${description}`, describeResponse(response));
  }
}

/** The user that the backend sees. `id`: only in the response of the reference's `/api/me`. */
export interface Me {
  id?: string;
  email: string;
}

/**
 * Which user the backend sees in a request to this path. `me` is missing when the request is refused.
 * @throws {CheckSkipped} when the path does not exist, or its response names no throw-away account
 */
export async function fetchMe(
  send: Send,
  path: string,
  headers: HttpRequest["headers"] = {},
): Promise<HttpResponse & { me?: Me }> {
  const response = await send({ path, headers: { ...SCRIPT, ...headers } });
  if (response.status === 404) skip(`the backend has no GET ${path}; ${suggestPath(path)}`);
  if (response.status !== 200) return response;
  return { ...response, me: readMe(response) ?? skip(`GET ${path} names no user; ${suggestPath(path)}`) };
}

function suggestPath(path: string): string {
  const backend = further.find(({ prefix }) => isWithin(path, prefix));
  return `give a path whose response has the user's email: --path ${backend?.prefix ?? ""}/api/…`;
}

function readMe(response: HttpResponse): Me | undefined {
  const me = readJson<Me>(response);
  if (me?.id && me.email) return me;
  const email = THROW_AWAY_EMAIL.exec(response.body)?.[0];
  return email === undefined ? undefined : { email };
}

/** Asserts that the backend sees this account, or refuses the request. */
export function assertNotImpersonated(
  response: HttpResponse & { me?: Me },
  account: Account,
  credential: string,
): void {
  assert(
    response.status === 401 || response.me?.email === account.email,
    `${credential} to have no effect (401, or the caller's own account)`,
    response.me ? `the account of ${response.me.email}` : describeResponse(response),
  );
}

/** The body as JSON. Undefined if it is not JSON. */
export function readJson<T>({ body }: HttpResponse): T | undefined {
  try {
    return JSON.parse(body) as T;
  } catch {
    return undefined;
  }
}
