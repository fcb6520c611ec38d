import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Alert } from "../_components/alert";
import { Field } from "../_components/field";
import { SubmitButton } from "../_components/submit-button";
import type { FormField } from "./fields";
import { type AuthFailure, type FieldName, type FormErrors, formErrors } from "./form-errors";
import { Notice } from "./notice";

export type Values = Record<FieldName, string>;

interface AccountFormProps {
  fields: readonly FormField[];
  submitLabel: string;
  look?: "primary" | "danger";
  /** Makes the button as wide as the card, for a form that is alone on its card. */
  wide?: boolean;
  /** Resolves to the failure, or to null on success. */
  send: (values: Values) => Promise<AuthFailure | null>;
  /** Without it, the form stays pending after success, because `onDone` leaves the page. */
  successText?: (values: Values) => ReactNode;
  /** Called after success. */
  onDone?: () => void;
  children?: ReactNode;
}

/**
 * A form whose inputs keep what was typed, after success and after a failure. Only passwords are
 * cleared after success.
 */
export function AccountForm({
  fields,
  submitLabel,
  look = "primary",
  wide = false,
  send,
  successText,
  onDone,
  children,
}: AccountFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState<FormErrors>({});
  const [pending, setPending] = useState(false);
  const [notice, setNotice] = useState<ReactNode>(null);

  // Focus the first error. The alert at the top comes before every field.
  useEffect(() => {
    if (Object.keys(errors).length === 0) return;
    form.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [errors]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = readValues(event.currentTarget);
    setNotice(null);
    const invalid = checkAll(fields, values);
    setErrors(invalid);
    if (Object.keys(invalid).length > 0) return;

    setPending(true);
    const failure = await send(values);
    if (failure) setErrors(formErrors(failure));
    else {
      onDone?.();
      if (!successText) return;
      clearPasswords(form.current);
      setNotice(successText(values));
    }
    setPending(false);
  }

  return (
    // Without `post`, a form that is submitted before the script has loaded would put the password
    // into the URL.
    <form ref={form} method="post" noValidate onSubmit={onSubmit} className="space-y-4">
      {errors.form && <Alert>{errors.form}</Alert>}
      {fields.map(({ name, check: _, ...field }) => (
        <Field key={name} name={name} required error={errors[name]} {...field} />
      ))}
      {children}
      <div>
        <SubmitButton look={look} pending={pending} className={wide ? "w-full" : ""}>
          {submitLabel}
        </SubmitButton>
        <Notice>{notice}</Notice>
      </div>
    </form>
  );
}

function readValues(form: HTMLFormElement): Values {
  const data = new FormData(form);
  const read = (name: FieldName) => String(data.get(name) ?? "");
  // Keyboards add spaces around a name or an email address. Spaces in a password are intended.
  return {
    name: read("name").trim(),
    email: read("email").trim(),
    password: read("password"),
    newPassword: read("newPassword"),
  };
}

function checkAll(fields: readonly FormField[], values: Values): FormErrors {
  const errors: FormErrors = {};
  for (const { name, check } of fields) {
    const error = check(values[name]);
    if (error) errors[name] = error;
  }
  return errors;
}

function clearPasswords(form: HTMLFormElement | null): void {
  for (const input of form?.querySelectorAll<HTMLInputElement>("input[type=password]") ?? [])
    input.value = "";
}
