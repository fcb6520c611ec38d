import Image from "next/image";
import Link from "next/link";

/** The team's logo, in place of the gate's, on the sign-in page and above the pages of members. */
export function Brand({ short = false }: { short?: boolean }) {
  return (
    <Link href="/" className="inline-flex min-h-11 min-w-11 items-center gap-2 rounded-lg font-semibold">
      <Image src="/images/logo.svg" alt="" width={24} height={24} />
      <span className={short ? "max-sm:sr-only" : undefined}>Harbour</span>
    </Link>
  );
}
