"use client";

import { useState } from "react";
import { signIn } from "../../lib/auth-client";
import type { ProviderName } from "../../lib/env";
import { loginPath } from "../../lib/next-path";
import { routes } from "../../lib/routes";
import { explainFailure } from "../_account/explain-failure";
import { siteName } from "../_account/site-name";
import { Alert } from "../_components/alert";
import { Button } from "../_components/button";

const TIMEOUT_MS = 20_000;

/**
 * Characters of both addresses together. Better Auth keeps them in a cookie of twice their length and
 * 700 bytes more, and browsers refuse a cookie of more than 4,096.
 */
const MAX_ADDRESSES = 1_600;

interface OtherSitesProps {
  providers: readonly ProviderName[];
  /** Where to go afterwards; checked by the page. */
  next: string | undefined;
}

/** Sign-in and sign-up through the sites that this deployment knows; nothing where it knows none. */
export function OtherSites({ providers, next }: OtherSitesProps) {
  const [pending, setPending] = useState<ProviderName>();
  const [mistake, setMistake] = useState<string>();
  if (providers.length === 0) return null;

  async function goTo(provider: ProviderName) {
    setMistake(undefined);
    setPending(provider);
    const failure = await signIn.social({ provider, ...addressesFor(next) }, { timeout: TIMEOUT_MS }).then(
      ({ error }) => error,
      () => ({ status: 0 }),
    );
    // Without a failure the browser is on its way there.
    if (!failure) return;
    setPending(undefined);
    setMistake(explainFailure(failure).form);
  }

  return (
    <div className="mt-5 space-y-3 border-t border-line pt-5">
      {mistake && <Alert>{mistake}</Alert>}
      {providers.map((provider) => (
        <Button
          key={provider}
          look="secondary"
          className="w-full"
          pending={pending === provider}
          onClick={() => goTo(provider)}
        >
          Continue with {siteName(provider)}
        </Button>
      ))}
    </div>
  );
}

/** Without the way back where that is too long: then the sign-in works, and ends on the start page. */
function addressesFor(next = "/"): { callbackURL: string; errorCallbackURL: string } {
  const addresses = { callbackURL: next === "/" ? routes.home : next, errorCallbackURL: loginPath(next) };
  const { callbackURL, errorCallbackURL } = addresses;
  return callbackURL.length + errorCallbackURL.length <= MAX_ADDRESSES ? addresses : addressesFor();
}
