import type { FieldName } from "./explain-failure";

const MIN_PASSWORD = 8;
const MAX_NAME = 100;

export interface FormField {
  name: FieldName;
  label: string;
  type: "text" | "email" | "password";
  autoComplete: string;
  hint?: string;
  defaultValue?: string;
  maxLength?: number;
  /** What is wrong with the value, in words, or undefined. */
  check: (value: string) => string | undefined;
}

export const nameField: FormField = {
  name: "name",
  label: "Name",
  type: "text",
  autoComplete: "name",
  maxLength: MAX_NAME,
  check: (value) => (value ? undefined : "Enter the name you want to be called by."),
};

export const emailField: FormField = {
  name: "email",
  label: "Email",
  type: "email",
  autoComplete: "email",
  check: (value) =>
    /^\S+@\S+\.\S+$/.test(value) ? undefined : "Enter your whole email address, such as ada@example.com.",
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
  check: (value) =>
    value.length < MIN_PASSWORD ? `Choose a password of at least ${MIN_PASSWORD} characters.` : undefined,
};
