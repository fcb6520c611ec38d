import type { Metadata } from "next";
import { TextLink } from "@/app/_components/text-link";
import { routes } from "@/lib/routes";
import { ForgotForm } from "./forgot-form";

export const metadata: Metadata = { title: "Forgot your password" };

export default function ForgotPasswordPage() {
  return (
    <>
      <h1 className="text-2xl font-semibold">Forgot your password</h1>
      <p className="mt-1 mb-5 text-muted">We will send you a link to choose a new password.</p>
      <ForgotForm />
      <p className="mt-2 text-muted">
        Do you remember it? <TextLink href={routes.login}>Sign in</TextLink>
      </p>
    </>
  );
}
