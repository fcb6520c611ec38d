"use client";

import * as Toast from "@radix-ui/react-toast";
import { useSyncExternalStore } from "react";
import { Button } from "./button";
import { CloseIcon } from "./icons";
import { dismissToast, toastStore } from "./toast";

/**
 * Long enough to read a toast and to reach its button. A toast stays while the pointer or the focus
 * is on it. Milliseconds.
 */
const SHOWN_FOR = 8_000;

/** Shows the toasts at its own place in the layout. */
export function Toasts() {
  const shown = useSyncExternalStore(toastStore.subscribe, toastStore.read, toastStore.readOnServer);
  return (
    <Toast.Provider duration={SHOWN_FOR} swipeDirection="down" label="Notice">
      {shown.map(({ id, text, action }) => (
        <Toast.Root
          key={id}
          onOpenChange={(open) => !open && dismissToast(id)}
          className="flex items-center gap-1 rounded-xl bg-ink py-1.5 pr-1.5 pl-4 text-page shadow-lg motion-safe:animate-rise"
        >
          <Toast.Description className="min-w-0 flex-1 py-1.5 break-words">{text}</Toast.Description>
          {action && (
            <Toast.Action altText={action.label} asChild>
              <Button look="inverse" onClick={action.onPress}>
                {action.label}
              </Button>
            </Toast.Action>
          )}
          <Toast.Close asChild>
            <Button look="inverse" aria-label="Dismiss">
              <CloseIcon />
            </Button>
          </Toast.Close>
        </Toast.Root>
      ))}
      <Toast.Viewport label="Notices ({hotkey})" className="pointer-events-auto flex flex-col gap-2" />
    </Toast.Provider>
  );
}
