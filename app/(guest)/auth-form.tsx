import { type FormEvent, useEffect, useRef, useState } from "react";
import { routes } from "../../lib/routes";
import { Alert } from "../_components/alert";
import { Field } from "../_components/field";
import { SubmitButton } from "../_components/submit-button";
import {
  type AuthErrors,
  type AuthFailure,
  explainAuthFailure,
  type FieldName,
} from "./explain-auth-failure";

const TIMEOUT_MS = 20_000;

export interface AuthField {
  name: FieldName;
  label: string;
  type: "text" | "email" | "password";
  autoComplete: string;
  hint?: string;
  /** What is wrong with the value, in words, or undefined. */
  check: (value: string) => string | undefined;
}

type Values = Record<FieldName, string>;

/** Better Auth's fetch options, as far as they are used here. */
interface SubmitOptions {
  timeout: number;
  onError: (context: { response: Response }) => void;
}

interface AuthFormProps {
  fields: AuthField[];
  submitLabel: string;
  next: string | undefined;
  submit: (values: Values, options: SubmitOptions) => Promise<{ error: AuthFailure | null }>;
}

export function AuthForm({ fields, submitLabel, next, submit }: AuthFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [errors, setErrors] = useState<AuthErrors>({});
  const [pending, setPending] = useState(false);

  // The first thing that is wrong is where to go on from; an alert at the top comes before every field.
  useEffect(() => {
    if (Object.keys(errors).length === 0) return;
    form.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [errors]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = readValues(event.currentTarget);
    const mistakes = checkAll(fields, values);
    setErrors(mistakes);
    if (Object.keys(mistakes).length > 0) return;

    setPending(true);
    const failure = await attempt(submit, values);
    if (!failure) {
      // A document, not a navigation: the gate sees the new cookie, and nothing of the guest's page is kept.
      // The form stays pending until it is gone.
      window.location.assign(next ?? routes.home);
      return;
    }
    setPending(false);
    setErrors(explainAuthFailure(failure));
  }

  return (
    // Without `post`, a form sent before the script is there would put the password into the address.
    <form ref={form} method="post" noValidate onSubmit={onSubmit} className="mt-5 space-y-4">
      {errors.form && <Alert>{errors.form}</Alert>}
      {fields.map(({ name, check: _, ...field }) => (
        <Field key={name} name={name} required error={errors[name]} {...field} />
      ))}
      <SubmitButton look="primary" pending={pending} className="w-full">
        {submitLabel}
      </SubmitButton>
    </form>
  );
}

/** The inputs are uncontrolled: what is typed before the script is there survives, and so does a failed try. */
function readValues(form: HTMLFormElement): Values {
  const data = new FormData(form);
  const read = (name: FieldName) => String(data.get(name) ?? "");
  // Blanks around a name or an address come from keyboards; those of a password are meant.
  return { name: read("name").trim(), email: read("email").trim(), password: read("password") };
}

function checkAll(fields: AuthField[], values: Values): AuthErrors {
  const errors: AuthErrors = {};
  for (const { name, check } of fields) {
    const mistake = check(values[name]);
    if (mistake) errors[name] = mistake;
  }
  return errors;
}

/** Resolves to what went wrong, or to null. */
async function attempt(submit: AuthFormProps["submit"], values: Values): Promise<AuthFailure | null> {
  let retryAfter: number | undefined;
  try {
    const { error } = await submit(values, {
      timeout: TIMEOUT_MS,
      onError: ({ response }) => {
        retryAfter = Number(response.headers.get("x-retry-after")) || undefined;
      },
    });
    return error && { ...error, retryAfter };
  } catch {
    return { status: 0 };
  }
}
