import type { ComponentProps, SyntheticEvent } from "react";
import { Spinner } from "./spinner";

const looks = {
  primary: "bg-accent px-4 text-on-accent hover:bg-accent-strong",
  secondary: "border border-edge px-4 text-ink hover:bg-line/60",
  danger: "border border-danger px-4 text-danger hover:bg-danger-soft",
  quiet: "px-4 text-muted hover:bg-line/60 hover:text-ink",
  icon: "text-muted hover:bg-line/60 hover:text-ink",
  /** For a dark background on a light page, and for a light background on a dark page. */
  inverse: "px-3 hover:bg-page/15 focus-visible:outline-page",
};

type Look = keyof typeof looks;

/** Also for a link that looks like a button. At least 44 px high, so that it is easy to tap. */
export function buttonClass(look: Look = "primary"): string {
  return `inline-flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-lg font-medium transition-colors ${looks[look]}`;
}

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  /** Shows a spinner and ignores clicks. */
  pending?: boolean;
}

/**
 * Props of a pending button: it ignores clicks, opens no menu and submits no form. Enter in a field
 * submits nothing either, because it clicks the form's button (HTML, "implicit submission").
 */
const ignoreInput = {
  "aria-disabled": true,
  onClick: (event: SyntheticEvent) => event.preventDefault(),
  onPointerDown: undefined,
  onKeyDown: undefined,
};

export function Button({
  look,
  pending = false,
  type = "button",
  className = "",
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={`${buttonClass(look)} cursor-pointer aria-disabled:cursor-default aria-disabled:opacity-70 ${className}`}
      {...rest}
      // Not `disabled`: a disabled button loses the focus, which then moves to the top of the page.
      {...(pending && ignoreInput)}
    >
      {pending && <Spinner />}
      {children}
    </button>
  );
}
