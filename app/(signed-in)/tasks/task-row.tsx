import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Button } from "@/app/_components/button";
import { DeleteIcon, RenameIcon } from "@/app/_components/icons";
import { Spinner } from "@/app/_components/spinner";
import type { Change, Row } from "./changes";
import { FailureNote } from "./failure-note";
import { RenameForm } from "./rename-form";
import type { Failure } from "./use-task-changes";

interface TaskRowProps {
  row: Row;
  failure: Failure | undefined;
  onChange: (change: Change) => void;
  onRetry: (change: Change) => void;
  onDismiss: (id: string) => void;
}

export function TaskRow({ row, failure, onChange, onRetry, onDismiss }: TaskRowProps) {
  const { id, title, done, saving = false } = row;
  const [renaming, setRenaming] = useState(false);
  const renameButton = useRef<HTMLButtonElement>(null);

  function endRenaming() {
    // The button must be in the document before it can take the focus.
    flushSync(() => setRenaming(false));
    renameButton.current?.focus();
  }

  return (
    <li className="px-2 py-1 sm:px-3">
      {renaming ? (
        <RenameForm
          title={title}
          // After a failure, keep the name that was typed.
          draft={failure?.change.kind === "rename" ? failure.change.title : title}
          onSave={(newTitle) => {
            endRenaming();
            if (newTitle !== title) onChange({ kind: "rename", id, title: newTitle });
          }}
          onCancel={endRenaming}
        />
      ) : (
        <div className="flex items-center">
          <label className="flex min-h-11 min-w-0 flex-1 cursor-pointer items-center gap-3 py-2 pl-2">
            <input
              type="checkbox"
              checked={done}
              disabled={saving}
              onChange={() => onChange({ kind: "mark", id, title, done: !done })}
              className="size-5 shrink-0 cursor-pointer accent-accent"
            />
            <span className={`min-w-0 break-words ${done ? "text-muted line-through" : ""}`}>{title}</span>
          </label>
          {saving ? (
            <span className="flex size-11 shrink-0 items-center justify-center text-muted">
              <Spinner />
            </span>
          ) : (
            <>
              <Button
                ref={renameButton}
                look="icon"
                aria-label={`Rename ${title}`}
                onClick={() => setRenaming(true)}
              >
                <RenameIcon />
              </Button>
              <Button
                look="icon"
                aria-label={`Delete ${title}`}
                onClick={() => onChange({ kind: "delete", id, title, done })}
              >
                <DeleteIcon />
              </Button>
            </>
          )}
        </div>
      )}
      {failure && (
        <div className="pb-2">
          <FailureNote failure={failure} onRetry={onRetry} onDismiss={onDismiss} />
        </div>
      )}
    </li>
  );
}
