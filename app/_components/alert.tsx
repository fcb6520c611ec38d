import type { ReactNode } from "react";

interface AlertProps {
  children: ReactNode;
  /** Buttons that help with the error. */
  actions?: ReactNode;
}

/** Reports an error. Screen readers read it at once, and code can focus it. */
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
