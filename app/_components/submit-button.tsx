"use client";

import { type ComponentProps, useSyncExternalStore } from "react";
import { Button } from "./button";

const never = () => () => {};

/**
 * Submits its form, once the script of the page has loaded. Before that, a click or Enter in a
 * field would reload the page and lose what was typed. So the button is disabled until then: a form
 * whose submit button is disabled cannot be submitted (HTML, "implicit submission").
 */
export function SubmitButton(props: ComponentProps<typeof Button>) {
  const isReady = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return <Button type="submit" disabled={!isReady} {...props} />;
}
