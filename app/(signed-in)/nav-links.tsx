"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

const pages: { href: string; label: string; prefetch?: boolean }[] = [
  { href: "/dashboard", label: "Dashboard" },
  { href: "/tasks", label: "Tasks" },
  // Asks the session store each time (lib/routes.ts), which nobody should who does not go there.
  { href: "/account", label: "Account", prefetch: false },
];

export function NavLinks() {
  const here = usePathname();
  return (
    <nav aria-label="Main" className="flex">
      {pages.map(({ href, label, prefetch }) => (
        <Link
          key={href}
          href={href}
          prefetch={prefetch}
          aria-current={here === href ? "page" : undefined}
          className="inline-flex min-h-11 items-center rounded-lg px-2 text-muted underline-offset-8 hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:underline aria-[current=page]:decoration-accent aria-[current=page]:decoration-2 sm:px-3"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
