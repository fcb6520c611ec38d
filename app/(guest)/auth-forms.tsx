"use client";

import { AccountForm } from "@/app/_account/account-form";
import { callAuth } from "@/app/_account/call-auth";
import { emailField, nameField, newPasswordField, passwordField } from "@/app/_account/fields";
import { withBasePath } from "@/lib/base-path";
import { routes } from "@/lib/routes";

const loginFields = [
  { ...emailField, autoComplete: "username" },
  {
    ...passwordField,
    label: "Password",
    check: (value: string) => (value ? undefined : "Enter your password."),
  },
];
const signupFields = [nameField, emailField, { ...newPasswordField, label: "Password" }];

interface FormProps {
  /** Path to open afterwards. The page has validated it. */
  next: string | undefined;
}

export function LoginForm({ next }: FormProps) {
  return (
    <div className="mt-5">
      <AccountForm
        wide
        fields={loginFields}
        submitLabel="Sign in"
        send={({ email, password }) => callAuth("/sign-in/email", { email, password })}
        onDone={() => openNext(next)}
      />
    </div>
  );
}

export function SignupForm({ next }: FormProps) {
  return (
    <div className="mt-5">
      <AccountForm
        wide
        fields={signupFields}
        submitLabel="Create account"
        send={({ name, email, newPassword }) =>
          callAuth("/sign-up/email", { name, email, password: newPassword })
        }
        onDone={() => openNext(next)}
      />
    </div>
  );
}

/**
 * A full page load, not a client-side navigation: the gate gets the new cookie, and no state of the
 * guest's page is kept.
 */
function openNext(next: string | undefined): void {
  window.location.assign(withBasePath(next ?? routes.home, routes));
}
