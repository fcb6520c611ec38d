import { Notice } from "@/app/_account/notice";
import { Alert } from "@/app/_components/alert";
import { ownValue } from "@/lib/own-value";

/** Better Auth's codes for a failed sign-in through another site. */
const failures: Readonly<Record<string, string>> = {
  access_denied: "You did not allow the other site to share your identity. Nothing has changed.",
  account_not_linked:
    "There is already an account with this email, and we cannot be sure that it is yours. Sign in with your password, or choose a new one below. Then confirm your email on your account page. After that you can sign in both ways.",
  email_not_found:
    "The other site did not share your email, which we need. Allow it to share your email, or sign up here.",
  TOO_MANY_REQUESTS: "There were too many sign-ins from your network. Try again in a minute.",
  INVALID_EMAIL: "The other site shared an email that is not valid. Sign up here with your email.",
  EMAIL_TOO_LONG:
    "Your email at the other site is longer than 254 characters, the maximum. Sign up here with another email.",
  state_mismatch: "The sign-in took too long, or it started in another window. Try again.",
  state_not_found: "The sign-in took too long, or it started in another window. Try again.",
};

const FAILED = "The sign-in through the other site failed. Try again, or sign in with your password.";

/**
 * Shows why the visitor is on the sign-in page: after a failed sign-in, or after a new password.
 *
 * Attack: a link to this page with an attacker's text in the query. Defence: show only the fixed
 * texts above.
 */
export function SignInNotice({ error, done }: { error?: unknown; done?: unknown }) {
  if (error !== undefined) {
    return (
      <div className="mt-4">
        <Alert>{ownValue(failures, String(error)) ?? FAILED}</Alert>
      </div>
    );
  }
  if (done !== "reset") return null;
  return <Notice>Your new password is saved. Sign in with it.</Notice>;
}
