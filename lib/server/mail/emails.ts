import "server-only";
import type { Message } from "./message";

/**
 * The emails that this app sends.
 *
 * Attack: anyone can make this app send an email to any address, so a text chosen by the sender
 * would be a way to send spam or phishing. Defence: an email contains no text from a user, not even
 * a name. The one exception is the new address in `approveChangeEmail`, which goes to the user's
 * own address.
 */

type Email = Omit<Message, "to">;

interface Parts {
  subject: string;
  before: string;
  label: string;
  url: string;
  after: string;
}

const VALID = "The link works for an hour";

export function passwordResetEmail(url: string): Email {
  return compose({
    subject: "Choose a new password",
    before: "A new password was requested for your Gatehouse account.",
    label: "Choose a new password",
    url,
    after: `${VALID}, and once. A new password signs you out on every device. If you did not request it, ignore this email: your password stays as it is.`,
  });
}

export function confirmEmail(url: string): Email {
  return compose({
    subject: "Confirm your email address",
    before: "A Gatehouse account was created with this address.",
    label: "Confirm this address",
    url,
    after: `${VALID}. If you have no such account, do not open it: another person entered your address by mistake.`,
  });
}

/** Sent to the old address: the user must approve the change. */
export function approveChangeEmail(url: string, newEmail: string): Email {
  return compose({
    subject: "Approve your new email address",
    before: `A change of the email address of your Gatehouse account to ${newEmail} was requested.`,
    label: "Approve the change",
    url,
    after: `${VALID}. We then send an email to the new address, to confirm it too. If you did not request this, do not open the link, and change your password: another person is signed in to your account.`,
  });
}

/** Sent to the new address: the user must confirm it. */
export function newAddressEmail(url: string): Email {
  return compose({
    subject: "Confirm your new email address",
    before: "A change of the email address of your Gatehouse account to this address was requested.",
    label: "Use this address",
    url,
    after: `${VALID}. If you did not request this, do not open it. Then nothing changes.`,
  });
}

function compose({ subject, before, label, url, after }: Parts): Email {
  return {
    subject,
    text: `${before}\n\n${label}:\n${url}\n\n${after}\n`,
    html: `<p>${escapeHtml(before)}</p><p><a href="${escapeHtml(url)}">${escapeHtml(label)}</a></p><p>${escapeHtml(after)}</p>`,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
