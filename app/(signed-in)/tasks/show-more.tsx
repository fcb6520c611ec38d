import { useEffect, useEffectEvent, useState, useTransition } from "react";
import { Alert } from "../../_components/alert";
import { apiErrorText } from "../../_components/api-error-text";
import { Button } from "../../_components/button";

interface ShowMoreProps {
  /** Loads older tasks. Rejects with the reason if it fails. */
  onShow: () => Promise<void>;
  /** There are no older tasks any more. The button may have had the focus. */
  onHidden: () => void;
}

export function ShowMore({ onShow, onHidden }: ShowMoreProps) {
  const [pending, startTransition] = useTransition();
  const [error, setError] = useState<string>();

  const hide = useEffectEvent(onHidden);
  useEffect(() => () => hide(), []);

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
