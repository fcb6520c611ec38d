import type { Metadata } from "next";
import { loadEnv, providersOf } from "../../../lib/env";
import { safeNextPath } from "../../../lib/redirect-target";
import { routes } from "../../../lib/routes";
import { TextLink } from "../../_components/text-link";
import { ArrivalNote } from "../arrival-note";
import { LoginForm } from "../auth-forms";
import { OtherSites } from "../other-sites";

export const metadata: Metadata = { title: "Sign in" };

interface Props {
  searchParams: Promise<{ next?: unknown; error?: unknown; done?: unknown }>;
}

export default async function LoginPage({ searchParams }: Props) {
  const { error, done, ...asked } = await searchParams;
  const next = safeNextPath(asked.next, routes);
  return (
    <>
      <h1 className="text-2xl font-semibold">Sign in</h1>
      {next && <p className="mt-1 text-muted">The page you asked for opens right after.</p>}
      <ArrivalNote error={error} done={done} />
      <LoginForm next={next} />
      <p className="mt-2">
        <TextLink href="/forgot-password">Forgot your password?</TextLink>
      </p>
      <OtherSites providers={providersOf(loadEnv())} next={next} />
      <p className="mt-2 text-muted">
        New here?{" "}
        <TextLink href={next ? `/signup?next=${encodeURIComponent(next)}` : "/signup"}>
          Create an account
        </TextLink>
      </p>
    </>
  );
}
