import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { loadEnv } from "../../../lib/env";
import { loginPath } from "../../../lib/redirect-target";
import { routes } from "../../../lib/routes";
import { readAccount } from "../../../lib/server/account";
import { requireSession } from "../../../lib/server/page-session";
import { siteName } from "../../_account/site-name";
import { ConfirmEmail } from "./confirm-email";
import { DeleteAccount } from "./delete-account";
import { describeBrowser, describeLastUse } from "./describe-device";
import { DeviceList } from "./device-list";
import { EmailForm } from "./email-form";
import { NameForm } from "./name-form";
import { FirstPassword, PasswordForm } from "./password-form";
import { Section } from "./section";

export const metadata: Metadata = { title: "Account" };

export default async function AccountPage() {
  const account = await readAccount(await requireSession("/account"));
  if (!account) redirect(loginPath("/account", routes));
  const { name, email, emailVerified, hasPassword, providers, devices } = account;
  const sites = providers.map(siteName).join(" and ");
  const now = new Date();
  return (
    <>
      <h1 className="text-2xl font-semibold">Account</h1>
      <Section title="Name">
        <NameForm name={name} />
      </Section>
      <Section
        title="Email"
        about={
          <p>
            <strong className="font-medium text-ink">{email}</strong>, {emailVerified ? "" : "not yet "}
            confirmed
          </p>
        }
      >
        {!emailVerified && (
          <div className="mb-6">
            <ConfirmEmail email={email} />
          </div>
        )}
        <EmailForm email={email} emailVerified={emailVerified} hasPassword={hasPassword} />
      </Section>
      <Section
        title="Password"
        about={
          hasPassword
            ? `A new password signs out every other device.${sites && ` You also sign in with ${sites}.`}`
            : `You sign in with ${sites} and have no password.`
        }
      >
        {hasPassword ? <PasswordForm email={email} /> : <FirstPassword email={email} />}
      </Section>
      <Section
        title="Devices"
        about={`Where you are signed in. When a device was used is known to about a day${signOutDelay()}.`}
      >
        <DeviceList
          devices={devices.map(({ id, userAgent, lastUsed, isThis }) => ({
            id,
            browser: describeBrowser(userAgent),
            lastUsed: describeLastUse(lastUsed, now),
            isThis,
          }))}
        />
      </Section>
      <Section title="Delete account" about="Your account and all your tasks go, at once and for good.">
        <DeleteAccount hasPassword={hasPassword} />
      </Section>
    </>
  );
}

function signOutDelay(): string {
  const seconds = loadEnv().sessionMaxStaleSeconds;
  return seconds === 0 ? "" : `; one that you sign out may go on for ${seconds} seconds`;
}
