"use client";

import { useEffect, useId, useRef, useState } from "react";
import { Notice } from "@/app/_account/notice";
import { Button } from "@/app/_components/button";
import { inputClass } from "@/app/_components/field";

/** Shows a new key, until the visitor leaves the page. */
export function CreatedKey({ value }: { value: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState("");

  useEffect(() => {
    setCopied("");
    if (value) input.current?.select();
  }, [value]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(value);
      setCopied("Copied.");
    } catch {
      // Without https, or without permission, the browser has no clipboard for scripts.
      input.current?.select();
      setCopied("The key is selected. Copy it with your keyboard or the menu.");
    }
  }

  return (
    <div className="mb-6 rounded-lg border border-edge p-4">
      <label htmlFor={id} className="mb-1 block font-medium">
        Your new key
      </label>
      <input
        ref={input}
        id={id}
        readOnly
        value={value}
        aria-describedby={`${id}-note`}
        className={inputClass}
      />
      <p id={`${id}-note`} className="mt-1 text-sm text-muted">
        Copy it now. It is not shown again.
      </p>
      <Button look="secondary" className="mt-2" onClick={copy}>
        Copy
      </Button>
      <Notice>{copied}</Notice>
    </div>
  );
}
