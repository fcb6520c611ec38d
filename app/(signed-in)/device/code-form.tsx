import { type FormEvent, useEffect, useRef, useState } from "react";
import { Field } from "@/app/_components/field";
import { SubmitButton } from "@/app/_components/submit-button";

interface CodeFormProps {
  initialCode: string;
  error: string | undefined;
  onSubmit: (code: string) => Promise<void>;
}

export function CodeForm({ initialCode, error: serverError, onSubmit }: CodeFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [pending, setPending] = useState(false);
  const [missing, setMissing] = useState(false);
  const error = missing ? "Enter the code that your device shows." : serverError;

  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [error]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get("code")).trim();
    setMissing(code === "");
    if (code === "") return;
    setPending(true);
    await onSubmit(code);
    setPending(false);
  }

  return (
    <form ref={form} method="post" noValidate onSubmit={submit} className="space-y-4">
      <Field
        name="code"
        label="Code"
        hint="The code of eight letters and digits that your device or program shows."
        defaultValue={initialCode}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={20}
        error={error}
      />
      <SubmitButton pending={pending}>Continue</SubmitButton>
    </form>
  );
}
