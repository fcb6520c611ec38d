import type { ReactNode } from "react";
import { Brand } from "../_components/brand";
import { TextLink } from "../_components/text-link";

/** The header of a development page: its title, and a link to the other page. */
export function DevHeader({
  title,
  link,
  children,
}: {
  title: string;
  link: { href: string; label: string };
  children?: ReactNode;
}) {
  return (
    <header className="flex flex-wrap items-center gap-x-4 py-2">
      <Brand short />
      <h1 className="text-lg font-semibold">{title}</h1>
      <TextLink href={link.href}>{link.label}</TextLink>
      {children}
    </header>
  );
}
