"use client";

import { routes } from "../../../lib/routes";
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
      // A document, not a navigation, and in place of this page: its address is worth nothing any more.
      onDone={() => window.location.replace(`${routes.login}?done=reset`)}
    />
  );
}
