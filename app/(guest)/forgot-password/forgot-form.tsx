"use client";

import { AccountForm } from "@/app/_account/account-form";
import { callAuth } from "@/app/_account/call-auth";
import { emailField } from "@/app/_account/fields";

export function ForgotForm() {
  return (
    <AccountForm
      wide
      fields={[emailField]}
      submitLabel="Send the link"
      send={({ email }) => callAuth("/request-password-reset", { email })}
      // The same text for every address, so that it does not reveal who has an account.
      successText={({ email }) =>
        `If there is an account with ${email}, we have sent a link to it. The link works once, within an hour.`
      }
    />
  );
}
