import type { Metadata } from "next";
import { safeNextPath } from "../../../lib/next-path";
import { TextLink } from "../../_components/text-link";
import { LoginForm } from "../auth-forms";

export const metadata: Metadata = { title: "Sign in" };

export default async function LoginPage({ searchParams }: { searchParams: Promise<{ next?: unknown }> }) {
  const next = safeNextPath((await searchParams).next);
  return (
    <>
      <h1 className="text-2xl font-semibold">Sign in</h1>
      {next && <p className="mt-1 text-muted">The page you asked for opens right after.</p>}
      <LoginForm next={next} />
      <p className="mt-2 text-muted">
        New here?{" "}
        <TextLink href={next ? `/signup?next=${encodeURIComponent(next)}` : "/signup"}>
          Create an account
        </TextLink>
      </p>
    </>
  );
}
