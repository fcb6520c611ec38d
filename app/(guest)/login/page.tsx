import type { Metadata } from "next";
import { TextLink } from "@/app/_components/text-link";
import { loadEnv, providersOf } from "@/lib/env";
import { safeNextPath } from "@/lib/redirect-target";
import { routes } from "@/lib/routes";
import { LoginForm } from "../auth-forms";
import { ProviderButtons } from "../provider-buttons";
import { SignInNotice } from "../sign-in-notice";

export const metadata: Metadata = { title: "Sign in" };

interface Props {
  searchParams: Promise<{ next?: unknown; error?: unknown; done?: unknown }>;
}

export default async function LoginPage({ searchParams }: Props) {
  const params = await searchParams;
  const next = safeNextPath(params.next, routes);
  return (
    <>
      <h1 className="text-2xl font-semibold">Sign in</h1>
      {next && <p className="mt-1 text-muted">After you sign in, the page that you requested opens.</p>}
      <SignInNotice error={params.error} done={params.done} />
      <LoginForm next={next} />
      <p className="mt-2">
        <TextLink href="/forgot-password">Forgot your password?</TextLink>
      </p>
      <ProviderButtons providers={providersOf(loadEnv())} next={next} />
      <p className="mt-2 text-muted">
        New here?{" "}
        <TextLink href={next ? `/signup?next=${encodeURIComponent(next)}` : "/signup"}>
          Create an account
        </TextLink>
      </p>
    </>
  );
}
