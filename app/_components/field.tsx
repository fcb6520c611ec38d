import { type ComponentProps, useId } from "react";

export const inputClass =
  "min-h-11 w-full rounded-lg border border-edge bg-card px-3 text-base text-ink aria-invalid:border-danger";

interface FieldProps extends ComponentProps<"input"> {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

/** An input with its label, and below it the error text or the hint. */
export function Field({ label, hint, error, ...input }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error !== undefined}
        aria-describedby={note && noteId}
        className={inputClass}
        {...input}
      />
      {note && (
        <p id={noteId} className={`mt-1 text-sm ${error ? "text-danger" : "text-muted"}`}>
          {note}
        </p>
      )}
    </div>
  );
}
