import type { Metadata } from "next";
import { TextLink } from "@/app/_components/text-link";
import { loadEnv, providersOf } from "@/lib/env";
import { loginPath, safeNextPath } from "@/lib/redirect-target";
import { routes } from "@/lib/routes";
import { SignupForm } from "../auth-forms";
import { ProviderButtons } from "../provider-buttons";

export const metadata: Metadata = { title: "Create an account" };

export default async function SignupPage({ searchParams }: { searchParams: Promise<{ next?: unknown }> }) {
  const next = safeNextPath((await searchParams).next, routes);
  return (
    <>
      <h1 className="text-2xl font-semibold">Create an account</h1>
      <SignupForm next={next} />
      <ProviderButtons providers={providersOf(loadEnv())} next={next} />
      <p className="mt-2 text-muted">
        Already have an account? <TextLink href={loginPath(next ?? "/", routes)}>Sign in</TextLink>
      </p>
    </>
  );
}
