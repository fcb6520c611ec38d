import { fieldLimits } from "../../lib/auth/field-limits";
import { inAWhile } from "../_components/explain-error";

/** Error texts by field. `form` is for an error that belongs to no field. */
export type Mistakes = Partial<Record<FieldName | "form", string>>;

export type FieldName = "name" | "email" | "password" | "newPassword";

export interface AuthFailure {
  /** 0 if there was no response. */
  status: number;
  /** An error code of Better Auth or of this app. */
  code?: string | undefined;
  message?: string | undefined;
  /** Seconds to wait, if the server sent `Retry-After`. */
  retryAfter?: number | undefined;
}

const wholeEmail = "Enter your whole email address, such as ada@example.com.";

const known: Record<string, Mistakes> = {
  INVALID_EMAIL_OR_PASSWORD: {
    form: "That email and password do not belong together. Check both and try again.",
  },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: {
    email: "There is an account with this email already. Sign in, or use another email.",
  },
  INVALID_EMAIL: { email: wholeEmail },
  VALIDATION_ERROR: { email: wholeEmail },
  EMAIL_TOO_LONG: { email: `Enter an email address of at most ${fieldLimits.email} characters.` },
  INVALID_PASSWORD: { password: "That is not your current password." },
  PASSWORD_TOO_SHORT: { newPassword: "Choose a longer password." },
  PASSWORD_TOO_LONG: { newPassword: `Choose a password of at most ${fieldLimits.password} characters.` },
  INVALID_NAME: { name: `Enter a name of 1 to ${fieldLimits.name} characters.` },
  INVALID_TOKEN: {
    form: "This link has been used already, or is older than an hour. Ask for a new one below.",
  },
  UNAUTHORIZED: { form: "You are no longer signed in here. Sign in again; nothing has changed." },
  SESSION_EXPIRED: {
    form: "To be sure it is you: sign out, sign in again, and do this within ten minutes.",
  },
};

/** Codes whose message says more than the general text for a server error. */
const OWN_WORDS = ["MAIL_NOT_CONFIGURED", "MAIL_NOT_SENT", "ACCOUNT_NOT_DELETED"];

export function explainFailure({ status, code, message, retryAfter }: AuthFailure): Mistakes {
  if (code && known[code]) return known[code];
  if (code && message && OWN_WORDS.includes(code)) return { form: message };
  if (status === 0) {
    return {
      form: "The server cannot be reached. Check your connection and try again; what you typed is kept.",
    };
  }
  if (status === 429) {
    return {
      form: `Too many tries in a short time. Try again ${inAWhile(retryAfter)}; what you typed is kept.`,
    };
  }
  if (status >= 500) {
    return {
      form: `Our side has a problem, not yours. Try again ${inAWhile(retryAfter)}; what you typed is kept.`,
    };
  }
  return { form: message ?? "The server did not accept this. Check what you typed and try again." };
}
