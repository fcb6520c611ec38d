"use client";

import { useRouter } from "next/navigation";
import { AccountForm } from "../../_account/account-form";
import { callAuth } from "../../_account/call-auth";
import { nameField } from "../../_account/fields";

export function NameForm({ name }: { name: string }) {
  const router = useRouter();
  return (
    <AccountForm
      fields={[{ ...nameField, defaultValue: name }]}
      submitLabel="Save name"
      send={(values) => callAuth("/update-user", { name: values.name })}
      successText={(values) => `Saved. Your name is ${values.name}.`}
      onDone={() => router.refresh()}
    />
  );
}
