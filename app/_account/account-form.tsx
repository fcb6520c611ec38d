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
  /** Where the form is all that there is on its card. */
  wide?: boolean;
  /** Resolves to what went wrong, or to null. */
  send: (values: Values) => Promise<AuthFailure | null>;
  /** What to say when it is done; nothing where the page is left then. */
  done?: (values: Values) => ReactNode;
  /** After it is done. The form stays pending until the page is left, where that is what it does. */
  onDone?: () => void;
  children?: ReactNode;
}

/** A form whose inputs hold what was typed, whatever the answer; a password is forgotten once it has served. */
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

  // The first thing that is wrong is where to go on from; an alert at the top comes before every field.
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
    // Without `post`, a form sent before the script is there would put the password into the address.
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
  // Blanks around a name or an address come from keyboards; those of a password are meant.
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
