import "server-only";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import { cutText, fieldLimits } from "../../auth/field-limits";

type Fields = Readonly<Record<string, unknown>>;
type OwnFields = NonNullable<NonNullable<BetterAuthOptions["user"]>["additionalFields"]>;

/** Endpoints whose values come from another site. The visitor cannot correct those values. */
const FROM_OTHER_SITES = /^\/(callback|oauth2|sign-in\/social|link-social)(\/|$)/;

/**
 * One address, without a name and not a list: a mail server would send to each part of a list.
 * Better Auth checks the addresses that users type, but not those that other sites send.
 */
const ONE_ADDRESS = /^[^\s@,:;<>()[\]"\\]+@[^\s@,:;<>()[\]"\\]+$/;

/**
 * Limits the length of every text that is stored with a user or a session. The database hooks run
 * last, for every endpoint, so no value bypasses them. `/change-email` puts the new email into a
 * link before it is stored, so that email is also checked here.
 */
export function storedFields(ownFields: OwnFields) {
  const checkUser = (user: Fields) => checkFields(user, ownFields);
  return {
    id: "stored-fields",
    init: () => ({
      options: {
        databaseHooks: {
          user: {
            create: { before: async (user, context) => boundUser(user, context?.path, checkUser) },
            update: { before: async (user, context) => boundUser(user, context?.path, checkUser) },
          },
          session: {
            create: { before: async (session) => boundSession(session) },
            update: { before: async (session) => boundSession(session) },
          },
        },
      } satisfies Pick<BetterAuthOptions, "databaseHooks">,
    }),
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === "/change-email",
          handler: createAuthMiddleware(async ({ body }) => checkUser({ email: body?.newEmail })),
        },
        {
          // Runs before Better Auth looks up the account and hashes the password.
          matcher: ({ path }) => path === "/sign-up/email" || path === "/update-user",
          handler: createAuthMiddleware(async ({ path, body }) => {
            const { name, email, image } = body ?? {};
            // An update of another field has no name.
            if (path === "/sign-up/email" || name !== undefined) checkGivenName(name);
            checkUser({ email, image });
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

function boundUser(user: Fields, path: string | undefined, check: (user: Fields) => void) {
  if (path === undefined || !FROM_OTHER_SITES.test(path)) {
    check(user);
    return;
  }
  const { name, image, ...rest } = user;
  check(rest);
  const data = {
    ...(name !== undefined && { name: cutText(storableText(String(name ?? "")), fieldLimits.name) }),
    ...(image !== undefined && { image: isImage(image) ? image || null : null }),
  };
  return { data };
}

/** Removes what Postgres cannot store: NUL characters and unpaired surrogates. */
function storableText(text: string): string {
  return text.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "");
}

function boundSession(session: Fields) {
  const { userAgent, ipAddress, ...rest } = session;
  checkFields(rest, {});
  const data = {
    ...(typeof userAgent === "string" && { userAgent: cutText(userAgent, fieldLimits.userAgent) }),
    ...(typeof ipAddress === "string" && { ipAddress: cutText(ipAddress, fieldLimits.ipAddress) }),
  };
  return { data };
}

/** @throws {APIError} 400 with the field and its limit */
function checkFields(values: Fields, ownFields: OwnFields): void {
  for (const [field, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (field === "name") checkName(value);
    else if (field === "email") checkEmail(value);
    else if (field === "image") checkImage(value);
    else checkOther(field, value, ownFields[field]);
  }
}

/** A name that a person enters must not be blank. A name from a plugin or another site may be. */
function checkGivenName(name: unknown): void {
  checkName(typeof name === "string" && name.trim() === "" ? null : name);
}

function checkName(name: unknown): void {
  if (typeof name === "string" && name.length <= fieldLimits.name) return;
  throw refusal("INVALID_NAME", "name", fieldLimits.name, `A name has 1 to ${fieldLimits.name} characters.`);
}

function checkEmail(email: unknown): void {
  // Better Auth refuses a value that is not a string.
  if (typeof email !== "string") return;
  if (!ONE_ADDRESS.test(email)) {
    throw refusal("INVALID_EMAIL", "email", fieldLimits.email, "That is not one email address.");
  }
  if (email.length <= fieldLimits.email) return;
  const message = `An email address has at most ${fieldLimits.email} characters.`;
  throw refusal("EMAIL_TOO_LONG", "email", fieldLimits.email, message);
}

function checkImage(image: unknown): void {
  if (isImage(image)) return;
  const message = `An image is an https address of at most ${fieldLimits.image} characters.`;
  throw refusal("INVALID_IMAGE", "image", fieldLimits.image, message);
}

/** Null and the empty string mean "no image". */
function isImage(image: unknown): image is string | null {
  if (image === null || image === "") return true;
  if (typeof image !== "string" || image.length > fieldLimits.image || !URL.canParse(image)) return false;
  const { protocol, href } = new URL(image);
  return protocol === "https:" && href.length <= fieldLimits.image;
}

function checkOther(field: string, value: unknown, own: OwnFields[string] | undefined): void {
  checkLength(field, value, own?.validator?.input ? fieldLimits.validatedField : fieldLimits.field);
}

/** @throws {APIError} 400 with the field and its limit */
export function checkLength(field: string, value: unknown, max: number): void {
  if (lengthOf(value) <= max) return;
  throw refusal("FIELD_TOO_LONG", field, max, `The field ${field} has at most ${max} characters.`);
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return typeof value === "object" && value !== null ? JSON.stringify(value).length : 0;
}

function refusal(code: string, field: string, limit: number, message: string): APIError {
  return new APIError("BAD_REQUEST", { code, message, field, limit });
}
