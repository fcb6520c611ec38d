import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { describeBrowser, describeLastUse } from "@/app/_account/describe-device";
import { providerName } from "@/app/_account/provider-name";
import { TextLink } from "@/app/_components/text-link";
import { loadEnv } from "@/lib/env";
import { loginPath } from "@/lib/redirect-target";
import { routes } from "@/lib/routes";
import { readAccount } from "@/lib/server/account";
import { requireSession } from "@/lib/server/page-session";
import { ConfirmEmail } from "./confirm-email";
import { DeleteAccount } from "./delete-account";
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
  const sites = providers.map(providerName).join(" and ");
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
            ? `Changing your password signs out all other devices and revokes all API keys.${sites && ` You can also sign in with ${sites}.`}`
            : `You sign in with ${sites} and have no password.`
        }
      >
        {hasPassword ? <PasswordForm email={email} /> : <FirstPassword email={email} />}
      </Section>
      <Section
        title="Devices"
        about={`The devices on which you are signed in. Times of use are accurate to about a day.${signOutDelay()}`}
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
      <Section title="API keys" about="For programs that act for you, such as scripts and servers.">
        <TextLink href="/account/keys">Manage API keys</TextLink>
      </Section>
      <Section
        title="Delete account"
        about="This deletes your account and all your tasks at once. It cannot be undone."
      >
        <DeleteAccount hasPassword={hasPassword} />
      </Section>
    </>
  );
}

function signOutDelay(): string {
  const seconds = loadEnv().sessionMaxStaleSeconds;
  return seconds === 0 ? "" : ` A device that you sign out can keep working for up to ${seconds} seconds.`;
}
