import { type FormEvent, useRef, useState } from "react";
import { Field } from "@/app/_components/field";
import { SubmitButton } from "@/app/_components/submit-button";
import { MAX_TITLE } from "./changes";

export function AddTask({ onAdd }: { onAdd: (title: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();

  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const title = input.current?.value.trim();
    input.current?.focus();
    if (!title) {
      setError("Enter a title for the task.");
      return;
    }
    setError(undefined);
    onAdd(title);
    event.currentTarget.reset();
  }

  return (
    <form onSubmit={onSubmit} noValidate className="mt-6 flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <Field
          ref={input}
          label="New task"
          name="title"
          maxLength={MAX_TITLE}
          autoComplete="off"
          enterKeyHint="done"
          required
          error={error}
        />
      </div>
      {/* Aligned with the input, even if an error shows below the input. */}
      <SubmitButton className="mt-7">Add</SubmitButton>
    </form>
  );
}
