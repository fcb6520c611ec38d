import "server-only";
import { APIError } from "better-auth/api";
import { type Api, ApiError } from "../../api/client";
import type { BackendSettings } from "../../backends";
import { log } from "../../log/console-log";
import { describeError } from "../../log/describe-error";
import { readTrace } from "../../log/request-trace";
import type { UserRecord } from "../../token/claims";
import { identityOf } from "../../token/contract";
import { apiLogFields } from "../api-log-fields";
import { createBackendApi, describeCallError } from "../backend-api";
import type { Query } from "./database";

/** A session that was read from the database, with its user. */
export interface StoredSession {
  readonly user: UserRecord;
  readonly session: { readonly id: string };
}

/** The user's rows. One statement, because Better Auth deletes table by table. */
const DELETE_USER = `
  with sessions as (delete from session where "userId" = $1),
    accounts as (delete from account where "userId" = $1),
    keys as (delete from "apiKey" where "userId" = $1),
    codes as (delete from "deviceCode" where "userId" = $1)
  delete from "user" where id = $1`;

/**
 * Creates the function that deletes a user, first in each backend and then in the database. In the
 * other order, a failure in between would leave data in a backend whose user no longer exists. In
 * this order, a failure in between leaves the account, and the user can try again.
 *
 * @param readSession must read the database, not the cookie cache: a session that has ended must
 * not be able to delete data
 */
export function createUserDeletion(
  backends: readonly BackendSettings[],
  query: Query,
  readSession: (headers: Headers) => Promise<StoredSession | null>,
) {
  // `backend/auth.py` requires a token with this purpose for the deletion, and the gate mints no
  // such token.
  const apis = backends.map((backend) => createBackendApi(backend, "delete-account"));
  // The main backend is last: if another one fails, the user loses nothing there.
  apis.reverse();

  /** @throws {APIError} 401 if the session has ended, 503 if a part could not be deleted */
  return async function deleteUser(id: string, request: Request | undefined): Promise<void> {
    const found = request && (await readSession(request.headers));
    // Another request has just ended the session, or has deleted the account.
    if (!found) throw new APIError("UNAUTHORIZED", { code: "UNAUTHORIZED", message: "You are signed out." });
    let mayBeDeleted = false;
    try {
      const identity = identityOf(found.user, found.session);
      for (const apiFor of apis) {
        await deleteData(await apiFor(identity, request.headers));
        mayBeDeleted = true;
      }
    } catch (error) {
      const message =
        mayBeDeleted || isOutcomeUnknown(error)
          ? "Your account could not be deleted just now. Some of your data may be deleted already. Try again in a moment."
          : "Your data could not be deleted just now, so your account stays as it is. Try again in a moment.";
      throw notDeleted(request, describeCallError(error), message);
    }
    try {
      await query(DELETE_USER, [id]);
    } catch (error) {
      const message = "Your data is deleted, but your account could not be deleted. Try again in a moment.";
      throw notDeleted(request, describeError(error), message);
    }
  };
}

async function deleteData(api: Api): Promise<void> {
  try {
    await api.delete("/api/account");
  } catch (error) {
    if (!isNothingLeft(error)) throw error;
  }
}

/**
 * 404: a backend without this route stores nothing that must be deleted. `unreadable`: a 2xx means
 * that the deletion succeeded, whatever its body is (RFC 9110 §9.3.5).
 */
function isNothingLeft(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.code === "unreadable");
}

/** Codes of errors that occur before a request is sent. */
const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

/**
 * Whether the backend may have deleted the data in spite of the error: it can be too slow, or end
 * before it responds. After a 503 it has not (RFC 9110 §15.6.4).
 */
function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.status > 0) return error.status >= 500 && error.status !== 503;
  // `fetch` rejects with a TypeError, whose cause is the error of the connection.
  const cause = error.cause instanceof Error ? error.cause.cause : undefined;
  return !(cause instanceof Error && "code" in cause && UNSENT.has(String(cause.code)));
}

function notDeleted(request: Request, error: string, message: string): APIError {
  log({ ...apiLogFields(readTrace(request.headers)), code: "account_not_deleted", error });
  return new APIError("SERVICE_UNAVAILABLE", { code: "ACCOUNT_NOT_DELETED", message });
}
