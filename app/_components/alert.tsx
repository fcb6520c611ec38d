import type { ReactNode } from "react";

interface AlertProps {
  children: ReactNode;
  /** What can be done about it: buttons. */
  actions?: ReactNode;
}

/** Something went wrong: read out at once, and focusable from code. */
export function Alert({ children, actions }: AlertProps) {
  return (
    <div
      role="alert"
      tabIndex={-1}
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-lg bg-danger-soft px-4 py-3 text-danger"
    >
      <div className="min-w-0 break-words">{children}</div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}
