"use client";

import { useRouter } from "next/navigation";
import { AccountForm } from "@/app/_account/account-form";
import { callAuth } from "@/app/_account/call-auth";
import { nameField } from "@/app/_account/fields";

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
