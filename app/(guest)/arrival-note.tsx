import { Notice } from "../_account/notice";
import { Alert } from "../_components/alert";

/** Better Auth's codes for a failed sign-in through another site. */
const failures: Readonly<Record<string, string>> = {
  access_denied: "You did not let the other site tell us who you are. Nothing has changed.",
  account_not_linked:
    "There is an account with that email already, and it is not certain that both are yours. Sign in with your password, or choose a new one below. Then confirm your email on your account page; after that both ways work.",
  email_not_found: "The other site did not tell us your email, which we need. Let it, or sign up here.",
  TOO_MANY_REQUESTS:
    "Too many people behind your address signed in this way just now. Try again in a minute.",
  INVALID_EMAIL: "The other site gave us an email that is not an address. Sign up here with yours.",
  EMAIL_TOO_LONG:
    "Your email at the other site is longer than the 254 characters that an address may have. Sign up here with another one.",
  state_mismatch: "That took too long, or began in another window. Try again.",
  state_not_found: "That took too long, or began in another window. Try again.",
};

const FAILED = "Signing in through the other site did not work. Try again, or sign in with your password.";

/**
 * Explains why the visitor is on the sign-in page, if that is not obvious. Attack: a link to this
 * page with an attacker's text in the query. Defence: show only the fixed texts above.
 */
export function ArrivalNote({ error, done }: { error?: unknown; done?: unknown }) {
  if (error !== undefined) {
    return (
      <div className="mt-4">
        <Alert>{failures[String(error)] ?? FAILED}</Alert>
      </div>
    );
  }
  if (done !== "reset") return null;
  return <Notice>Your new password is saved. Sign in with it.</Notice>;
}
