"use client";

import { routes } from "@/lib/routes";
import { AccountForm } from "../../_account/account-form";
import { callAuth } from "../../_account/call-auth";
import { newPasswordField } from "../../_account/fields";

export function ResetForm({ token }: { token: string }) {
  return (
    <AccountForm
      wide
      fields={[newPasswordField]}
      submitLabel="Save the new password"
      send={({ newPassword }) => callAuth("/reset-password", { newPassword, token })}
      // A full page load that replaces this page in the history: the link has been used.
      onDone={() => window.location.replace(`${routes.login}?done=reset`)}
    />
  );
}
