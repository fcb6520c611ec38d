"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

const pages = [
  { href: "/projects", label: "Projects" },
  { href: "/export", label: "Export" },
];

export function NavLinks() {
  const here = usePathname();
  return (
    <nav aria-label="Main" className="flex">
      {pages.map(({ href, label }) => (
        <Link
          key={href}
          href={href}
          aria-current={here === href ? "page" : undefined}
          className="inline-flex min-h-11 items-center rounded-lg px-2 text-muted underline-offset-8 hover:text-ink aria-[current=page]:font-medium aria-[current=page]:text-ink aria-[current=page]:underline aria-[current=page]:decoration-accent aria-[current=page]:decoration-2 sm:px-3"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
