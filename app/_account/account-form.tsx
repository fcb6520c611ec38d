import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Alert } from "../_components/alert";
import { Field } from "../_components/field";
import { SubmitButton } from "../_components/submit-button";
import { type AuthFailure, explainFailure, type FieldName, type Mistakes } from "./explain-failure";
import type { FormField } from "./fields";
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
  /**
   * The text after success. Without it, the form stays pending, because `onDone` leaves the page.
   */
  done?: (values: Values) => ReactNode;
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
  done,
  onDone,
  children,
}: AccountFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [pending, setPending] = useState(false);
  const [notice, setNotice] = useState<ReactNode>(null);

  // Focus the first error. The alert at the top comes before every field.
  useEffect(() => {
    if (Object.keys(mistakes).length === 0) return;
    form.current?.querySelector<HTMLElement>("[role=alert], [aria-invalid=true]")?.focus();
  }, [mistakes]);

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = readValues(event.currentTarget);
    setNotice(null);
    const found = checkAll(fields, values);
    setMistakes(found);
    if (Object.keys(found).length > 0) return;

    setPending(true);
    const failure = await send(values);
    if (failure) setMistakes(explainFailure(failure));
    else {
      onDone?.();
      if (!done) return;
      forgetPasswords(form.current);
      setNotice(done(values));
    }
    setPending(false);
  }

  return (
    // Without `post`, a form that is submitted before the script has loaded would put the password
    // into the URL.
    <form ref={form} method="post" noValidate onSubmit={onSubmit} className="space-y-4">
      {mistakes.form && <Alert>{mistakes.form}</Alert>}
      {fields.map(({ name, check: _, ...field }) => (
        <Field key={name} name={name} required error={mistakes[name]} {...field} />
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

function checkAll(fields: readonly FormField[], values: Values): Mistakes {
  const mistakes: Mistakes = {};
  for (const { name, check } of fields) {
    const mistake = check(values[name]);
    if (mistake) mistakes[name] = mistake;
  }
  return mistakes;
}

function forgetPasswords(form: HTMLFormElement | null): void {
  for (const input of form?.querySelectorAll<HTMLInputElement>("input[type=password]") ?? [])
    input.value = "";
}
