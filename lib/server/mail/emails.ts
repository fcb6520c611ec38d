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
    before: "Somebody, most likely you, asked for a new password for your Gatehouse account.",
    label: "Choose a new password",
    url,
    after: `${VALID}, and once. A new password signs you out on every device. If you did not ask, leave this alone: your password stays as it is.`,
  });
}

export function confirmEmail(url: string): Email {
  return compose({
    subject: "Confirm your email address",
    before: "This address was given for a Gatehouse account.",
    label: "Confirm this address",
    url,
    after: `${VALID}. If you have no such account, do not open it: somebody has mistaken your address for theirs.`,
  });
}

/** Sent to the old address: the user must approve the change. */
export function approveChangeEmail(url: string, newEmail: string): Email {
  return compose({
    subject: "Approve your new email address",
    before: `You asked to change the email address of your Gatehouse account to ${newEmail}.`,
    label: "Approve the change",
    url,
    after: `${VALID}. We then write to the new address, which has to confirm it too. If you did not ask, do not open it, and change your password: somebody is signed in to your account.`,
  });
}

/** Sent to the new address: the user must confirm it. */
export function newAddressEmail(url: string): Email {
  return compose({
    subject: "Confirm your new email address",
    before: "You asked to use this address for your Gatehouse account from now on.",
    label: "Use this address",
    url,
    after: `${VALID}. If you did not ask, do not open it, and nothing changes.`,
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
