"use client";

import { useRouter } from "next/navigation";
import { AccountForm } from "../../_account/account-form";
import { ActionButton } from "../../_account/action-button";
import { callAuth } from "../../_account/call-auth";
import { newPasswordField, passwordField } from "../../_account/fields";

export function PasswordForm({ email }: { email: string }) {
  const router = useRouter();
  return (
    <AccountForm
      fields={[passwordField, newPasswordField]}
      submitLabel="Change password"
      send={({ password, newPassword }) =>
        callAuth("/change-password", { currentPassword: password, newPassword })
      }
      done={() => "Changed. Every other device is signed out."}
      // The other devices are gone from the list below.
      onDone={() => router.refresh()}
    >
      {/* For password managers: whose password this is. */}
      <input type="text" hidden readOnly autoComplete="username" value={email} />
    </AccountForm>
  );
}

/** Who signs in through another site chooses a first password by the link that also replaces a forgotten one. */
export function FirstPassword({ email }: { email: string }) {
  return (
    <ActionButton
      send={() => callAuth("/request-password-reset", { email })}
      done={`We wrote to ${email}: open the link there within an hour. Choosing a password signs you out on every device.`}
    >
      Send a link to choose one
    </ActionButton>
  );
}
