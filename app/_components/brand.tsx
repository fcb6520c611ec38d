import Link from "next/link";

/** @param short for narrow places: on a phone, show only the logo */
export function Brand({ short = false }: { short?: boolean }) {
  return (
    <Link href="/" className="inline-flex min-h-11 min-w-11 items-center gap-2 rounded-lg font-semibold">
      <svg
        viewBox="0 0 24 24"
        aria-hidden="true"
        className="size-6 text-accent"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d="M4 21V10a8 8 0 0 1 16 0v11M9 21v-8a3 3 0 0 1 6 0v8M2 21h20" />
      </svg>
      <span className={short ? "max-sm:sr-only" : undefined}>Gatehouse</span>
    </Link>
  );
}
