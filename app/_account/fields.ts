import { fieldLimits } from "../../lib/auth/field-limits";
import { ENTER_FULL_EMAIL, type FieldName } from "./form-errors";

const MIN_PASSWORD = 8;

export interface FormField {
  name: FieldName;
  label: string;
  type: "text" | "email" | "password";
  autoComplete: string;
  hint?: string;
  defaultValue?: string;
  maxLength?: number;
  /** Returns the error text for an invalid value, or undefined. */
  check: (value: string) => string | undefined;
}

export const nameField: FormField = {
  name: "name",
  label: "Name",
  type: "text",
  autoComplete: "name",
  maxLength: fieldLimits.name,
  check: (value) => (value ? undefined : "Enter your name."),
};

export const emailField: FormField = {
  name: "email",
  label: "Email",
  type: "email",
  autoComplete: "email",
  maxLength: fieldLimits.email,
  check: (value) => (/^\S+@\S+\.\S+$/.test(value) ? undefined : ENTER_FULL_EMAIL),
};

export const passwordField: FormField = {
  name: "password",
  label: "Current password",
  type: "password",
  autoComplete: "current-password",
  check: (value) => (value ? undefined : "Enter your current password."),
};

export const newPasswordField: FormField = {
  name: "newPassword",
  label: "New password",
  type: "password",
  autoComplete: "new-password",
  hint: `At least ${MIN_PASSWORD} characters.`,
  // No `maxLength`: a browser would silently cut off a pasted password.
  check: (value) => {
    if (value.length < MIN_PASSWORD) return `Choose a password of at least ${MIN_PASSWORD} characters.`;
    if (value.length > fieldLimits.password)
      return `Choose a password of at most ${fieldLimits.password} characters.`;
    return undefined;
  },
};
