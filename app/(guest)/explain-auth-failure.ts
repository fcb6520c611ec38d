import { inAWhile } from "../_components/explain-error";

export type FieldName = "name" | "email" | "password";

/** What to say next to which field, or above the form. */
export type AuthErrors = Partial<Record<FieldName | "form", string>>;

export interface AuthFailure {
  /** 0 when there was no answer. */
  status: number;
  /** Better Auth's code for it. */
  code?: string | undefined;
  message?: string | undefined;
  /** Seconds to wait, if the server said so. */
  retryAfter?: number | undefined;
}

const known: Record<string, AuthErrors> = {
  INVALID_EMAIL_OR_PASSWORD: {
    form: "That email and password do not belong together. Check both and try again.",
  },
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: {
    email: "There is an account with this email already. Sign in, or use another email.",
  },
  INVALID_EMAIL: { email: "Enter your whole email address, such as ada@example.com." },
  PASSWORD_TOO_SHORT: { password: "Choose a longer password." },
  PASSWORD_TOO_LONG: { password: "Choose a shorter password, of 128 characters at most." },
};

export function explainAuthFailure({ status, code, message, retryAfter }: AuthFailure): AuthErrors {
  if (code && known[code]) return known[code];
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
