import { useState, useTransition } from "react";
import { Alert } from "@/app/_components/alert";
import { apiErrorText } from "@/app/_components/api-error-text";
import { Button } from "@/app/_components/button";

/** @param onShow loads older tasks. Rejects with the reason if it fails. */
export function ShowMore({ onShow }: { onShow: () => Promise<void> }) {
  const [pending, startTransition] = useTransition();
  const [error, setError] = useState<string>();

  function show() {
    setError(undefined);
    startTransition(() => onShow().catch((error) => setError(apiErrorText(error))));
  }

  return (
    <div className="mt-4 space-y-3 text-center">
      {error && <Alert>{error}</Alert>}
      <Button look="secondary" pending={pending} onClick={show}>
        Show older tasks
      </Button>
    </div>
  );
}
