"use client";

import * as DropdownMenu from "@radix-ui/react-dropdown-menu";
import Link from "next/link";
import type { ReactNode } from "react";

/**
 * A menu below its button. Radix handles arrow keys, type-ahead, Escape and returning the focus.
 */
export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    // Not modal: the page can still scroll, and does not shift when the menu opens.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      {/* Not in a portal: next to its button, the menu is inside a landmark. */}
      <DropdownMenu.Content
        align="end"
        sideOffset={4}
        collisionPadding={16}
        className="z-10 min-w-48 rounded-xl border border-line bg-card p-1 shadow-lg motion-safe:animate-rise"
      >
        {children}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

const itemClass =
  "flex min-h-11 w-full cursor-pointer items-center rounded-lg px-3 outline-none data-highlighted:bg-line/60";

export function MenuLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <DropdownMenu.Item asChild>
      <Link href={href} prefetch={false} className={itemClass}>
        {children}
      </Link>
    </DropdownMenu.Item>
  );
}

export function MenuItem({ onSelect, children }: { onSelect: () => void; children: ReactNode }) {
  return (
    <DropdownMenu.Item onSelect={onSelect} className={itemClass}>
      {children}
    </DropdownMenu.Item>
  );
}
