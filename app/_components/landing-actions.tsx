"use client";

import Link from "next/link";
import { useSession } from "../../lib/auth-client";
import { routes } from "../../lib/routes";
import { buttonClass } from "./button";

/**
 * The page is alike for everyone, and shows without the session store; whether this visitor is signed in is asked
 * from the browser.
 * Until the answer comes, and when none does, the links are those of a guest: the gate takes a signed-in
 * visitor on from there.
 */
export function LandingActions() {
  const { data } = useSession();
  return (
    <div className="mt-8 flex min-h-11 flex-wrap items-center gap-3">
      {data ? (
        <Link href={routes.home} className={buttonClass()}>
          Open your dashboard
        </Link>
      ) : (
        <>
          <Link href="/signup" className={buttonClass()}>
            Create an account
          </Link>
          <Link href={routes.login} className={buttonClass("secondary")}>
            Sign in
          </Link>
        </>
      )}
    </div>
  );
}
