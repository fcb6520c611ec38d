"use client";

import { type ReactNode, useState } from "react";
import { Alert } from "../_components/alert";
import { Button } from "../_components/button";
import { type AuthFailure, explainFailure } from "./explain-failure";
import { Notice } from "./notice";

interface ActionButtonProps {
  children: ReactNode;
  /** The accessible name, if several rows have a button with the same text. */
  label?: string;
  send: () => Promise<AuthFailure | null>;
  onDone?: () => void;
  /** The text after success. */
  done?: ReactNode;
}

/** A button that sends one request and shows the result. */
export function ActionButton({ children, label, send, onDone, done }: ActionButtonProps) {
  const [state, setState] = useState<"idle" | "pending" | "done">("idle");
  const [mistake, setMistake] = useState<string>();

  async function act() {
    setMistake(undefined);
    setState("pending");
    const failure = await send();
    setState(failure ? "idle" : "done");
    if (failure) setMistake(explainFailure(failure).form ?? failure.message);
    else onDone?.();
  }

  return (
    <>
      <Button look="secondary" aria-label={label} pending={state === "pending"} onClick={act}>
        {children}
      </Button>
      {mistake && (
        <div className="mt-2 basis-full">
          <Alert>{mistake}</Alert>
        </div>
      )}
      <Notice>{state === "done" && done}</Notice>
    </>
  );
}
