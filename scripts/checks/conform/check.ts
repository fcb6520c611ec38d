import type { Answer, Ask, Send } from "./probe";
import type { Member, World } from "./world";

export type Topic = "matrix" | "cookies" | "tokens" | "csrf" | "redirects" | "headers" | "bypass";

/** One promise, and how to find out over HTTP whether a deployment keeps it. */
export interface Check {
  /** `<topic>.<name>`. It never changes. */
  readonly id: `${Topic}.${string}`;
  /** The promise, in plain words. */
  readonly title: string;
  /** The specification, guideline or advisory that it comes from. */
  readonly source: string;
  /** Where to look when it is broken. */
  readonly mend: string;
  /**
   * @throws {Broken} when the promise is not kept
   * @throws {Untold} when it cannot be checked on this deployment
   */
  run(world: World): Promise<void>;
}

/** The deployment does not keep the promise. */
export class Broken extends Error {}
/** The promise cannot be checked on this deployment. */
export class Untold extends Error {}

/** @throws {Broken} unless `kept` */
export function demand(kept: boolean, expected: string, got: string): asserts kept {
  if (!kept) throw new Broken(`expected ${expected}; got ${got}`);
}

/** @throws {Untold} always */
export function cannotTell(reason: string): never {
  throw new Untold(reason);
}

/** The headers that a browser sends when a user follows a link. */
export const NAVIGATION = {
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Mode": "navigate",
  Accept: "text/html,*/*;q=0.8",
};
/** The headers that a browser sends when a script of the app's own page sends a request. */
export const SCRIPT = { "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin", Accept: "*/*" };

export const ME = "/backend/api/me";
export const TASKS = "/backend/api/tasks";
export const EVIL = "https://evil.example";

/** A response in a few words. */
export function tell(answer: Answer): string {
  if (answer.status === 0) return answer.silence === "closed" ? "a closed connection" : "no answer";
  const location = answer.headers.get("location");
  return `${answer.status}${location ? ` to ${location}` : ""}`;
}

/** @throws {Broken} unless the response has the status, or one of them */
export function demandStatus(answer: Answer, wanted: number | readonly number[], of: string): void {
  const all = [wanted].flat();
  demand(all.includes(answer.status), `${all.join(" or ")} from ${of}`, tell(answer));
}

/**
 * The URL that a browser would follow.
 * @throws {Broken} when there is no valid Location
 */
export function destination(world: World, path: string, answer: Answer): URL {
  const location = answer.headers.get("location") ?? "";
  demand(
    location !== "" && URL.canParse(location, world.origin + path),
    `a Location from ${path}`,
    tell(answer),
  );
  return new URL(location, world.origin + path);
}

/** @throws {Broken} unless caches must not store the response (RFC 9111 §5.2.2.5) */
export function demandPrivate(answer: Answer, of: string): void {
  const value = answer.headers.get("cache-control") ?? "";
  demand(/\bno-store\b/.test(value), `Cache-Control: private, no-store from ${of}`, value || "none");
}

const OTHER_TASKS = "the backend's /api/tasks is not that of the reference";

function readJson<T>({ body }: Answer): T | undefined {
  try {
    return JSON.parse(body) as T;
  } catch {
    return undefined;
  }
}

export interface Me {
  id: string;
  email: string;
}

/** Which user the backend sees in the request. `me` is missing when the request is refused. */
export async function whoAmI(ask: Send, headers: Ask["headers"] = {}): Promise<Answer & { me?: Me }> {
  const answer = await ask({ path: ME, headers: { ...SCRIPT, ...headers } });
  if (answer.status === 404) cannotTell("the backend has no GET /api/me");
  if (answer.status !== 200) return answer;
  const me = readJson<Me>(answer);
  if (!me?.id || !me.email) cannotTell("the backend's GET /api/me is not that of the reference");
  return { ...answer, me };
}

/** Demands that the backend sees this user, or refuses the request. */
export function demandIdentity(answer: Answer & { me?: Me }, who: Member, of: string): void {
  demand(
    answer.status === 401 || answer.me?.email === who.email,
    `${of} to count for nothing (401, or the caller's own account)`,
    answer.me ? `the account of ${answer.me.email}` : tell(answer),
  );
}

/** Sends each request signed out, and demands that none returns content. */
export async function demandClosed(world: World, asks: readonly Ask[]): Promise<void> {
  for (const ask of asks) {
    const answer = await world.ask(ask);
    const shown = Object.entries(ask.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const of = [`${ask.method ?? "GET"} ${ask.path}`, ...shown].join(", ");
    const isClosed = answer.status > 299 || answer.silence === "closed";
    demand(isClosed, `no content for a stranger from ${of}`, tell(answer));
  }
}

export interface Task {
  id: string;
  title: string;
}

/**
 * The user's tasks.
 * @throws {Untold} when the backend has no such list
 * @throws {Broken} when it refuses the request
 */
export async function tasksOf(member: Member): Promise<Task[]> {
  const answer = await member.ask({ path: TASKS, headers: SCRIPT });
  if (answer.status === 404) cannotTell("the backend has no GET /api/tasks");
  demandStatus(answer, 200, TASKS);
  const tasks = readJson<Task[]>(answer);
  return Array.isArray(tasks) ? tasks : cannotTell(OTHER_TASKS);
}

/** Adds a task, runs `work`, and deletes the task. */
export async function withTask<T>(member: Member, work: (task: Task) => Promise<T>): Promise<T> {
  const answer = await member.post(TASKS, { title: member.mark });
  if (answer.status === 404 || answer.status === 405) cannotTell("the backend has no POST /api/tasks");
  if (answer.status === 200 || answer.status === 422) cannotTell(OTHER_TASKS);
  demandStatus(answer, 201, `a same-origin POST ${TASKS}`);
  const task = readJson<Task>(answer) ?? cannotTell(OTHER_TASKS);
  try {
    return await work(task);
  } finally {
    await member.post(`${TASKS}/${task.id}`, {}, "DELETE");
  }
}
