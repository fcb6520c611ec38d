"use client";

import { signIn, signUp } from "../../lib/auth-client";
import { type AuthField, AuthForm } from "./auth-form";

const MIN_PASSWORD = 8;

const emailField: AuthField = {
  name: "email",
  label: "Email",
  type: "email",
  autoComplete: "username",
  check: (value) =>
    /^\S+@\S+\.\S+$/.test(value) ? undefined : "Enter your whole email address, such as ada@example.com.",
};

const currentPassword: AuthField = {
  name: "password",
  label: "Password",
  type: "password",
  autoComplete: "current-password",
  check: (value) => (value ? undefined : "Enter your password."),
};

const newPassword: AuthField = {
  ...currentPassword,
  autoComplete: "new-password",
  hint: `At least ${MIN_PASSWORD} characters.`,
  check: (value) =>
    value.length < MIN_PASSWORD ? `Choose a password of at least ${MIN_PASSWORD} characters.` : undefined,
};

const nameField: AuthField = {
  name: "name",
  label: "Name",
  type: "text",
  autoComplete: "name",
  check: (value) => (value ? undefined : "Enter the name you want to be called by."),
};

const loginFields = [emailField, currentPassword];
const signupFields = [nameField, { ...emailField, autoComplete: "email" }, newPassword];

interface FormProps {
  /** Where to go afterwards; checked by the page. */
  next: string | undefined;
}

export function LoginForm({ next }: FormProps) {
  return (
    <AuthForm
      fields={loginFields}
      submitLabel="Sign in"
      next={next}
      submit={({ email, password }, options) => signIn.email({ email, password }, options)}
    />
  );
}

export function SignupForm({ next }: FormProps) {
  return (
    <AuthForm
      fields={signupFields}
      submitLabel="Create account"
      next={next}
      submit={(values, options) => signUp.email(values, options)}
    />
  );
}
