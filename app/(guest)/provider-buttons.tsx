"use client";

import { useState } from "react";
import { callbackUrls } from "@/app/_account/callback-urls";
import { formErrors } from "@/app/_account/form-errors";
import { providerName } from "@/app/_account/provider-name";
import { Alert } from "@/app/_components/alert";
import { Button } from "@/app/_components/button";
import { signIn } from "@/lib/browser/auth-client";
import type { ProviderName } from "@/lib/env";

const TIMEOUT_MS = 20_000;

interface ProviderButtonsProps {
  providers: readonly ProviderName[];
  /** Path to open afterwards. The page has validated it. */
  next: string | undefined;
}

/**
 * Sign-in and sign-up through the other sites that are configured. Renders nothing if none is
 * configured.
 */
export function ProviderButtons({ providers, next }: ProviderButtonsProps) {
  const [pending, setPending] = useState<ProviderName>();
  const [error, setError] = useState<string>();
  if (providers.length === 0) return null;

  async function goTo(provider: ProviderName) {
    setError(undefined);
    setPending(provider);
    const failure = await signIn.social({ provider, ...callbackUrls(next) }, { timeout: TIMEOUT_MS }).then(
      ({ error }) => error,
      () => ({ status: 0 }),
    );
    // Without a failure, the browser is already navigating to the other site.
    if (!failure) return;
    setPending(undefined);
    setError(formErrors(failure).form);
  }

  return (
    <div className="mt-5 space-y-3 border-t border-line pt-5">
      {error && <Alert>{error}</Alert>}
      {providers.map((provider) => (
        <Button
          key={provider}
          look="secondary"
          className="w-full"
          pending={pending === provider}
          onClick={() => goTo(provider)}
        >
          Continue with {providerName(provider)}
        </Button>
      ))}
    </div>
  );
}
