import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { describeKey } from "@/app/_account/describe-key";
import { TextLink } from "@/app/_components/text-link";
import { keyScopes } from "@/lib/programs";
import { loginPath } from "@/lib/redirect-target";
import { routes } from "@/lib/routes";
import { readAccount, readApiKeys } from "@/lib/server/account";
import { requireSession } from "@/lib/server/page-session";
import { Section } from "../section";
import { KeyList } from "./key-list";
import { NewKey } from "./new-key";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const session = await requireSession("/account/keys");
  const [account, keys] = await Promise.all([readAccount(session), readApiKeys(session)]);
  if (!account) redirect(loginPath("/account/keys", routes));
  const now = new Date();
  const scopes = Object.entries(keyScopes).map(([name, about]) => ({ name, about }));
  return (
    <>
      <TextLink href="/account">Account</TextLink>
      <h1 className="text-2xl font-semibold">API keys</h1>
      <p className="mt-2 max-w-prose text-muted">
        A program that sends a key acts for you, as far as the scopes of the key allow. A new password revokes
        all keys.
      </p>
      <Section title="New key">
        <NewKey scopes={scopes} hasPassword={account.hasPassword} />
      </Section>
      <Section title="Your keys" about={keys.length === 0 && "You have no keys."}>
        <KeyList keys={keys.map((key) => describeKey(key, now))} />
      </Section>
    </>
  );
}
