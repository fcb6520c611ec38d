import { Alert } from "@/app/_components/alert";
import { Button } from "@/app/_components/button";
import type { Change } from "./changes";
import type { Failure } from "./use-task-changes";

interface FailureNoteProps {
  failure: Failure;
  onRetry: (change: Change) => void;
  onDismiss: (id: string) => void;
}

export function FailureNote({ failure: { change, message }, onRetry, onDismiss }: FailureNoteProps) {
  return (
    <Alert
      actions={
        <>
          <Button look="secondary" onClick={() => onRetry(change)}>
            Try again
          </Button>
          <Button look="quiet" onClick={() => onDismiss(change.id)}>
            Dismiss
          </Button>
        </>
      }
    >
      {message}
    </Alert>
  );
}
