"use client";

import { useRouter } from "next/navigation";
import { AccountForm } from "@/app/_account/account-form";
import { ActionButton } from "@/app/_account/action-button";
import { callAuth } from "@/app/_account/call-auth";
import { newPasswordField, passwordField } from "@/app/_account/fields";

export function PasswordForm({ email }: { email: string }) {
  const router = useRouter();
  return (
    <AccountForm
      fields={[passwordField, newPasswordField]}
      submitLabel="Change password"
      send={({ password, newPassword }) =>
        callAuth("/change-password", { currentPassword: password, newPassword })
      }
      successText={() => "Your password is changed. All other devices are signed out."}
      // Reloads the list of devices below: the other devices are signed out.
      onDone={() => router.refresh()}
    >
      {/* Tells password managers which account the password belongs to. */}
      <input type="text" hidden readOnly autoComplete="username" value={email} />
    </AccountForm>
  );
}

/**
 * For users who sign in through another site: sends the link for a forgotten password, which can
 * also set the first password.
 */
export function FirstPassword({ email }: { email: string }) {
  return (
    <ActionButton
      send={() => callAuth("/request-password-reset", { email })}
      successText={`We have sent a link to ${email}. Open it within an hour. Choosing a password signs you out on all devices.`}
    >
      Send a link to choose a password
    </ActionButton>
  );
}
