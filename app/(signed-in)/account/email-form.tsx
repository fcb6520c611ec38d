"use client";

import { AccountForm } from "@/app/_account/account-form";
import { callAuth } from "@/app/_account/call-auth";
import { emailField, passwordField } from "@/app/_account/fields";

interface EmailFormProps {
  email: string;
  emailVerified: boolean;
  hasPassword: boolean;
}

export function EmailForm({ email, emailVerified, hasPassword }: EmailFormProps) {
  const newEmail = {
    ...emailField,
    label: "New email",
    check: (value: string) =>
      value.toLowerCase() === email ? "This is already your email." : emailField.check(value),
  };
  return (
    <AccountForm
      fields={hasPassword ? [newEmail, { ...passwordField, label: "Your password" }] : [newEmail]}
      submitLabel="Change email"
      send={(values) => callAuth("/change-email", { newEmail: values.email, password: values.password })}
      // The same text whether or not another account has the address, so that it does not reveal
      // who has an account.
      successText={(values) =>
        emailVerified
          ? `Nothing has changed yet. We have sent a link to ${email}. Open it, then open the link that we send to ${values.email}.`
          : `Nothing has changed yet. We have sent a link to ${values.email}. Open it to use that address. If no email arrives, the address may already be in use.`
      }
    />
  );
}
