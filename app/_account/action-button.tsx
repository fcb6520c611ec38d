"use client";

import { type ReactNode, useState } from "react";
import { Alert } from "../_components/alert";
import { Button } from "../_components/button";
import { type AuthFailure, formErrors } from "./form-errors";
import { Notice } from "./notice";

interface ActionButtonProps {
  children: ReactNode;
  /** The accessible name, if several rows have a button with the same text. */
  label?: string;
  send: () => Promise<AuthFailure | null>;
  onDone?: () => void;
  successText?: ReactNode;
}

/** A button that sends one request and shows the result. */
export function ActionButton({ children, label, send, onDone, successText }: ActionButtonProps) {
  const [state, setState] = useState<"idle" | "pending" | "done">("idle");
  const [error, setError] = useState<string>();

  async function act() {
    setError(undefined);
    setState("pending");
    const failure = await send();
    setState(failure ? "idle" : "done");
    if (failure) setError(formErrors(failure).form ?? failure.message);
    else onDone?.();
  }

  return (
    <>
      <Button look="secondary" aria-label={label} pending={state === "pending"} onClick={act}>
        {children}
      </Button>
      {error && (
        <div className="mt-2 basis-full">
          <Alert>{error}</Alert>
        </div>
      )}
      <Notice>{state === "done" && successText}</Notice>
    </>
  );
}
