import type { ReactNode } from "react";

/** Icons are decoration: the text beside an icon, or the label of its button, has the meaning. */

export function CloseIcon() {
  return (
    <Icon>
      <path d="M6 6l12 12M18 6L6 18" />
    </Icon>
  );
}

export function PersonIcon() {
  return (
    <Icon>
      <path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21a8 8 0 0 1 16 0" />
    </Icon>
  );
}

export function OfflineIcon() {
  return (
    <Icon>
      <path d="M3 3l18 18M8.5 15.5a5 5 0 0 1 6 -.7M5 12a10 10 0 0 1 5-2.7M19 12a10 10 0 0 0-4-2.5M2 8.5a15 15 0 0 1 5-3M22 8.5A15 15 0 0 0 11 5M12 19.5h.01" />
    </Icon>
  );
}

export function CheckListIcon() {
  return (
    <Icon>
      <path d="M4 6l1.5 1.5L8 5M4 13l1.5 1.5L8 12M4 20l1.5 1.5L8 19M12 6.5h8M12 13.5h8M12 20.5h8" />
    </Icon>
  );
}

export function RenameIcon() {
  return (
    <Icon>
      <path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />
    </Icon>
  );
}

export function DeleteIcon() {
  return (
    <Icon>
      <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" />
    </Icon>
  );
}

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 24 24"
      aria-hidden="true"
      className="size-5 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}
