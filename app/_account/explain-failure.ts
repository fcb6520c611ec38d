import { type AuthFailure, explainAuthFailure } from "../(guest)/explain-auth-failure";

/** What to say at which field; `form` is for what is no field's fault. */
export type Mistakes = Partial<Record<FieldName | "form", string>>;

export type FieldName = "name" | "email" | "password" | "newPassword";

const known: Record<string, Mistakes> = {
  INVALID_PASSWORD: { password: "That is not your current password." },
  PASSWORD_TOO_SHORT: { newPassword: "Choose a longer password." },
  PASSWORD_TOO_LONG: { newPassword: "Choose a shorter password, of 128 characters at most." },
  INVALID_NAME: { name: "Enter a name of 1 to 100 characters." },
  VALIDATION_ERROR: { email: "Enter your whole email address, such as ada@example.com." },
  INVALID_TOKEN: {
    form: "This link has been used already, or is older than an hour. Ask for a new one below.",
  },
  UNAUTHORIZED: { form: "You are no longer signed in here. Sign in again; nothing has changed." },
  SESSION_EXPIRED: {
    form: "To be sure it is you: sign out, sign in again, and do this within ten minutes.",
  },
};

/** Where our own words are better than a general "the server has a problem". */
const OWN_WORDS = ["MAIL_NOT_CONFIGURED", "MAIL_NOT_SENT", "ACCOUNT_NOT_DELETED"];

export function explainFailure(failure: AuthFailure): Mistakes {
  const { code, message } = failure;
  if (code && known[code]) return known[code];
  if (code && message && OWN_WORDS.includes(code)) return { form: message };
  return explainAuthFailure(failure);
}
