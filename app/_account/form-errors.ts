import { fieldLimits } from "../../lib/auth/field-limits";
import { retryTime } from "../_components/api-error-text";

/** Error texts by field. `form` is for an error that belongs to no field. */
export type FormErrors = Partial<Record<FieldName | "form", string>>;

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

export const ENTER_FULL_EMAIL = "Enter your full email address, such as ada@example.com.";

const errorsByCode: Record<string, FormErrors> = {
  INVALID_EMAIL_OR_PASSWORD: {
    form: "The email or the password is wrong. Check both and try again.",
  },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: {
    email: "There is already an account with this email. Sign in, or use another email.",
  },
  INVALID_EMAIL: { email: ENTER_FULL_EMAIL },
  VALIDATION_ERROR: { email: ENTER_FULL_EMAIL },
  EMAIL_TOO_LONG: { email: `Enter an email address of at most ${fieldLimits.email} characters.` },
  INVALID_PASSWORD: { password: "This is not your current password." },
  PASSWORD_TOO_SHORT: { newPassword: "Choose a longer password." },
  PASSWORD_TOO_LONG: { newPassword: `Choose a password of at most ${fieldLimits.password} characters.` },
  INVALID_NAME: { name: `Enter a name of 1 to ${fieldLimits.name} characters.` },
  INVALID_TOKEN: {
    form: "This link was used already, or is older than an hour. Request a new one below.",
  },
  UNAUTHORIZED: { form: "You are signed out. Sign in and try again. Nothing has changed." },
  SESSION_EXPIRED: {
    form: "This needs a recent sign-in. Sign out, sign in again, and do this within ten minutes.",
  },
};

/** Codes whose message is more exact than the general text for a server error. */
const codesWithMessage = ["MAIL_NOT_CONFIGURED", "MAIL_NOT_SENT", "ACCOUNT_NOT_DELETED"];

/** Returns the texts that explain a failed request to Better Auth. */
export function formErrors({ status, code, message, retryAfter }: AuthFailure): FormErrors {
  if (code && errorsByCode[code]) return errorsByCode[code];
  if (code && message && codesWithMessage.includes(code)) return { form: message };
  if (status === 0) {
    return {
      form: "The server cannot be reached. Check your connection and try again. What you typed is kept.",
    };
  }
  if (status === 429) {
    return {
      form: `Too many attempts. Try again ${retryTime(retryAfter)}. What you typed is kept.`,
    };
  }
  if (status >= 500) {
    return {
      form: `The server has a problem. Try again ${retryTime(retryAfter)}. What you typed is kept.`,
    };
  }
  return { form: message ?? "The server did not accept this. Check what you typed, and try again." };
}
