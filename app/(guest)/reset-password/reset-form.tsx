"use client";

import { AccountForm } from "@/app/_account/account-form";
import { callAuth } from "@/app/_account/call-auth";
import { newPasswordField } from "@/app/_account/fields";
import { withBasePath } from "@/lib/base-path";
import { routes } from "@/lib/routes";

export function ResetForm({ token }: { token: string }) {
  return (
    <AccountForm
      wide
      fields={[newPasswordField]}
      submitLabel="Save the new password"
      send={({ newPassword }) => callAuth("/reset-password", { newPassword, token })}
      // A full page load that replaces this page in the history: the link has been used.
      onDone={() => window.location.replace(withBasePath(`${routes.login}?done=reset`, routes))}
    />
  );
}
