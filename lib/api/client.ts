import createClient, { type ParamsOption, type RequestBodyOption } from "openapi-fetch";
import type { paths } from "./types";

export interface ApiOptions {
  /** The base URL of the API: `/backend` in the browser, FastAPI's own address on the server. */
  baseUrl: string;
  /**
   * `signal` is the caller's own signal. It is not part of the request, because Node would lose it
   * (`lib/server/backend-api.ts`).
   */
  fetch: (request: Request, signal: AbortSignal | undefined) => Promise<Response>;
  /** Called with every {@link ApiError}, just before the call rejects with it. */
  onError?: (error: ApiError) => void;
}

/**
 * One function for each HTTP method. It resolves to the body, and rejects with an {@link ApiError},
 * or with the caller's own abort. `Paths` are the types of one backend, by default the first one.
 */
export interface Api<Paths extends object = paths> {
  get: Call<Paths, "get">;
  post: Call<Paths, "post">;
  put: Call<Paths, "put">;
  patch: Call<Paths, "patch">;
  delete: Call<Paths, "delete">;
}

type Method = keyof Api;
type Operation<Paths, Path extends keyof Paths, M extends Method> =
  Paths[Path] extends Record<M, infer Op> ? Op : never;

type PathsWith<Paths, M extends Method> = {
  [Path in keyof Paths]: Paths[Path] extends Record<M, object> ? Path : never;
}[keyof Paths];

type Init<Op> = ParamsOption<Op> & RequestBodyOption<Op> & { headers?: HeadersInit; signal?: AbortSignal };

/** `init` is optional if the operation has no required parameter or body. */
type InitArgument<Op> = object extends Init<Op> ? [init?: Init<Op>] : [init: Init<Op>];

type JsonOf<Response> = Response extends { content: { "application/json": infer Body } } ? Body : undefined;

type SuccessBody<Op> = Op extends { responses: infer Responses }
  ? JsonOf<Responses[keyof Responses & (200 | 201 | 202 | 204)]>
  : never;

type Call<Paths, M extends Method> = <Path extends PathsWith<Paths, M>>(
  path: Path,
  ...init: InitArgument<Operation<Paths, Path, M>>
) => Promise<SuccessBody<Operation<Paths, Path, M>>>;

/** One entry of the list that FastAPI sends with a 422. */
export interface ValidationIssue {
  /** The path to the value, such as `["body", "title"]`. */
  loc: (string | number)[];
  msg: string;
}

interface ApiErrorFields {
  status: number;
  code: string;
  detail: string;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
  issues?: ValidationIssue[] | undefined;
}

/** A response that is not a 2xx, or a call without a readable response. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** 0 if there was no response that could be read. */
  readonly status: number;
  /**
   * A code from the body, such as the gate's own, or one of these: `timeout` (no response in time,
   * so it is unknown whether the request was carried out), `network`, `unreadable` (a 2xx that is
   * not JSON), `validation`, `http_<status>`.
   */
  readonly code: string;
  /** A text that can be shown to the user. */
  readonly detail: string;
  readonly requestId: string | undefined;
  /** Seconds to wait before a retry. Undefined if `Retry-After` holds a date. */
  readonly retryAfter: number | undefined;
  /** FastAPI's list of issues, if `detail` was made from one. */
  readonly issues: ValidationIssue[] | undefined;

  constructor(fields: ApiErrorFields, options?: ErrorOptions) {
    super(fields.detail, options);
    this.status = fields.status;
    this.code = fields.code;
    this.detail = fields.detail;
    this.requestId = fields.requestId;
    this.retryAfter = fields.retryAfter;
    this.issues = fields.issues;
  }
}

/** Creates the typed client. It knows nothing about sessions or tokens: `fetch` adds them. */
export function createApi<Paths extends object = paths>({ baseUrl, fetch, onError }: ApiOptions): Api<Paths> {
  const client = createClient<paths>({ baseUrl });

  const call =
    (method: Method) =>
    async (path: string, init: { signal?: AbortSignal } = {}) => {
      const { signal, ...rest } = init;
      const request = { ...rest, fetch: (request: Request) => fetch(request, signal) };
      const outcome = await client
        .request(method, path as never, request as never)
        .catch((error: unknown) => {
          const reason: unknown = signal?.aborted ? signal.reason : error;
          // The caller has cancelled the call and needs no explanation.
          if (!isTimeout(reason) && (signal?.aborted || isAbort(error))) throw error;
          return describeNoResponse(reason);
        });
      if (!(outcome instanceof ApiError) && outcome.response.ok) return outcome.data;

      const error = outcome instanceof ApiError ? outcome : readError(outcome.response, outcome.error);
      onError?.(error);
      throw error;
    };

  // `Api` holds the map from path and method to types. At runtime all five functions are alike.
  return {
    get: call("get"),
    post: call("post"),
    put: call("put"),
    patch: call("patch"),
    delete: call("delete"),
  } as unknown as Api<Paths>;
}

const OUTCOME_UNKNOWN =
  "The server did not respond in time. It is not known whether the request was carried out.";

function describeNoResponse(cause: unknown): ApiError {
  if (isTimeout(cause))
    return new ApiError({ status: 0, code: "timeout", detail: OUTCOME_UNKNOWN }, { cause });
  return cause instanceof SyntaxError
    ? new ApiError({ status: 0, code: "unreadable", detail: "The server's response is not JSON." }, { cause })
    : new ApiError({ status: 0, code: "network", detail: "The server cannot be reached." }, { cause });
}

/** Whether this is the reason that `AbortSignal.timeout` aborts with. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * Reads the gate's problem+json, FastAPI's `{ detail }`, or any body that a proxy in between sends.
 */
function readError(response: Response, body: unknown): ApiError {
  const { status, headers } = response;
  const fields = isRecord(body) ? body : {};
  const issues = readIssues(fields.detail);
  return new ApiError({
    status,
    code: readText(fields.code) ?? (issues ? "validation" : `http_${status}`),
    detail: readText(fields.detail) ?? issues?.map(describeIssue).join(" ") ?? describeStatus(status),
    requestId: readText(fields.request_id) ?? headers.get("x-request-id") ?? undefined,
    retryAfter: readSeconds(headers.get("retry-after")),
    issues,
  });
}

/**
 * RFC 9110 §15.6.5: a 504 from a proxy does not show whether the server behind it has carried out
 * the request.
 */
function describeStatus(status: number): string {
  return status === 504 ? OUTCOME_UNKNOWN : `The server responded with status ${status}.`;
}

function readIssues(detail: unknown): ValidationIssue[] | undefined {
  return Array.isArray(detail) && detail.length > 0 && detail.every(isIssue) ? detail : undefined;
}

function isIssue(value: unknown): value is ValidationIssue {
  return isRecord(value) && Array.isArray(value.loc) && typeof value.msg === "string";
}

/** `["body", "title"]`, "Field required" → "title: Field required." */
function describeIssue({ loc, msg }: ValidationIssue): string {
  const name = loc.slice(1).join(".");
  const end = /[.!?]$/.test(msg) ? "" : ".";
  return name ? `${name}: ${msg}${end}` : `${msg}${end}`;
}

function readSeconds(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
