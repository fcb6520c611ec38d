"use client";

import Link from "next/link";
import { useSession } from "../../lib/browser/auth-client";
import { routes } from "../../lib/routes";
import { buttonClass } from "./button";

/**
 * The landing page is the same for everyone, so the server renders it without a session lookup. The
 * browser then requests the session. Until the response arrives, or if it fails, the links are
 * those of a guest: if a signed-in visitor follows one, the gate redirects to the dashboard.
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
