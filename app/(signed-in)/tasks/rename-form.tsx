import type { FormEvent } from "react";
import { Button } from "@/app/_components/button";
import { inputClass } from "@/app/_components/field";
import { MAX_TITLE } from "./changes";

interface RenameFormProps {
  title: string;
  /** The initial value of the field. */
  draft: string;
  onSave: (title: string) => void;
  onCancel: () => void;
}

export function RenameForm({ title, draft, onSave, onCancel }: RenameFormProps) {
  function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    onSave(String(new FormData(event.currentTarget).get("title")).trim());
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-wrap gap-2 py-1">
      <div className="w-full sm:w-auto sm:flex-1">
        <input
          ref={takeFocus}
          name="title"
          aria-label={`New name for ${title}`}
          defaultValue={draft}
          maxLength={MAX_TITLE}
          required
          // At least one character that is not white space.
          pattern=".*\S.*"
          title="Enter at least one character that is not a space"
          autoComplete="off"
          enterKeyHint="done"
          onKeyDown={(event) => {
            // While an input method is composing, Escape dismisses its suggestions.
            if (event.key === "Escape" && !event.nativeEvent.isComposing) onCancel();
          }}
          className={inputClass}
        />
      </div>
      <Button type="submit">Save</Button>
      <Button look="quiet" onClick={onCancel}>
        Cancel
      </Button>
    </form>
  );
}

function takeFocus(input: HTMLInputElement | null) {
  input?.focus();
  input?.select();
}
