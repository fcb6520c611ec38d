"use client";

import { useState } from "react";
import { signIn } from "../../lib/browser/auth-client";
import type { ProviderName } from "../../lib/env";
import { explainFailure } from "../_account/explain-failure";
import { siteName } from "../_account/site-name";
import { Alert } from "../_components/alert";
import { Button } from "../_components/button";
import { addressesFor } from "./addresses-for";

const TIMEOUT_MS = 20_000;

interface OtherSitesProps {
  providers: readonly ProviderName[];
  /** Path to open afterwards. The page has validated it. */
  next: string | undefined;
}

/**
 * Sign-in and sign-up through the other sites that are configured. Renders nothing if none is
 * configured.
 */
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
    // Without a failure, the browser is already navigating to the other site.
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
