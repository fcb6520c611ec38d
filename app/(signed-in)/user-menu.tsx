"use client";

import { useState } from "react";
import { Alert } from "@/app/_components/alert";
import { Button } from "@/app/_components/button";
import { PersonIcon } from "@/app/_components/icons";
import { Menu, MenuItem, MenuLink } from "@/app/_components/menu";
import { withBasePath } from "@/lib/base-path";
import { signOut } from "@/lib/browser/auth-client";
import { routes } from "@/lib/routes";

const TIMEOUT_MS = 10_000;

export function UserMenu() {
  const [state, setState] = useState<"idle" | "pending" | "failed">("idle");

  async function endSession() {
    setState("pending");
    const done = await signOut({ fetchOptions: { timeout: TIMEOUT_MS } }).then(
      ({ error }) => error === null,
      () => false,
    );
    // A full page load, not a client-side navigation: no page of this session stays in the router's
    // cache.
    if (done) window.location.assign(withBasePath(routes.login, routes));
    else setState("failed");
  }

  return (
    <>
      <Menu
        trigger={
          <Button
            look="icon"
            pending={state === "pending"}
            aria-label="Your account"
            className="-mr-3 ml-auto"
          >
            {state === "pending" ? null : <PersonIcon />}
          </Button>
        }
      >
        <MenuLink href="/account">Account</MenuLink>
        <MenuItem onSelect={endSession}>Sign out</MenuItem>
      </Menu>
      {state === "failed" && (
        <div className="my-2 basis-full">
          <Alert>
            The sign-out failed, so you may still be signed in. Check your connection, then sign out again.
          </Alert>
        </div>
      )}
    </>
  );
}
