"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { requestAuth } from "@/app/_account/call-auth";
import { passwordField } from "@/app/_account/fields";
import { formErrors } from "@/app/_account/form-errors";
import { Alert } from "@/app/_components/alert";
import { Field, inputClass } from "@/app/_components/field";
import { SubmitButton } from "@/app/_components/submit-button";
import { fieldLimits } from "@/lib/auth/field-limits";
import { CreatedKey } from "./created-key";

interface NewKeyProps {
  scopes: readonly { name: string; about: string }[];
  /** The server asks for the password, if the account has one. */
  hasPassword: boolean;
}

interface Values {
  readonly name: string;
  readonly scope: string;
  readonly password: string;
}

type Errors = Partial<Record<"form" | "name" | "scope" | "password", string>>;

const LIVES = [7, 30, 90, 365];

/** The form for a new key. The key is only in this component's state, and is shown once. */
export function NewKey({ scopes, hasPassword }: NewKeyProps) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState<Errors>({});
  const [pending, setPending] = useState(false);
  const [key, setKey] = useState<string>();

  // Focus the first error.
  useEffect(() => {
    if (Object.keys(errors).length > 0)
      form.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [errors]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const values = {
      name: String(data.get("name")).trim(),
      scope: data.getAll("scope").join(" "),
      days: Number(data.get("days")),
      password: String(data.get("password") ?? ""),
    };
    const invalid = check(values, hasPassword);
    setErrors(invalid);
    if (Object.keys(invalid).length > 0) return;
    setPending(true);
    const result = await requestAuth<{ key: string }>("/api-key/create", { method: "POST", body: values });
    setPending(false);
    if (result.failure) return setErrors(formErrors(result.failure));
    setKey(result.data.key);
    form.current?.reset();
    router.refresh();
  }

  return (
    <>
      {key && <CreatedKey value={key} />}
      <form ref={form} method="post" noValidate onSubmit={onSubmit} className="space-y-4">
        {errors.form && <Alert>{errors.form}</Alert>}
        <Field
          name="name"
          label="Key name"
          hint="Where you will use it, such as a server's name."
          maxLength={fieldLimits.name}
          autoComplete="off"
          error={errors.name}
        />
        <fieldset>
          <legend className="mb-1 font-medium">What it may do</legend>
          {scopes.map(({ name, about }) => (
            <label key={name} className="flex min-h-11 items-center gap-3">
              <input
                type="checkbox"
                name="scope"
                value={name}
                aria-invalid={errors.scope !== undefined}
                aria-describedby={errors.scope && "scope-error"}
                className="size-5 shrink-0 accent-accent"
              />
              <span>
                {about} <code className="text-muted">{name}</code>
              </span>
            </label>
          ))}
          {errors.scope && (
            <p id="scope-error" className="mt-1 text-sm text-danger">
              {errors.scope}
            </p>
          )}
        </fieldset>
        <div>
          <label htmlFor="days" className="mb-1 block font-medium">
            Expires after
          </label>
          <select id="days" name="days" defaultValue={90} className={inputClass}>
            {LIVES.map((days) => (
              <option key={days} value={days}>
                {days} days
              </option>
            ))}
          </select>
        </div>
        {hasPassword && (
          <Field
            name="password"
            label="Your password"
            type="password"
            autoComplete={passwordField.autoComplete}
            error={errors.password}
          />
        )}
        <SubmitButton pending={pending}>Create key</SubmitButton>
      </form>
    </>
  );
}

function check({ name, scope, password }: Values, hasPassword: boolean): Errors {
  const passwordError = hasPassword && passwordField.check(password);
  return {
    ...(!name && { name: "Enter a name." }),
    ...(!scope && { scope: "Choose at least one." }),
    ...(passwordError && { password: passwordError }),
  };
}
