"use client";

import { type ComponentProps, useSyncExternalStore } from "react";
import { Button } from "./button";

const never = () => () => {};

/**
 * Sends the form it stands in, once the page's script is there. Until then a press, or Enter in a field, would load the
 * page anew and drop what was typed; a form whose submit button is disabled does neither (HTML, "implicit submission").
 */
export function SubmitButton(props: ComponentProps<typeof Button>) {
  const isReady = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return <Button type="submit" disabled={!isReady} {...props} />;
}
