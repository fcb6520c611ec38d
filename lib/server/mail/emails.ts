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
    before: "We received a request for a new password for your Gatehouse account.",
    label: "Choose a new password",
    url,
    after: `${VALID}, and only once. A new password signs you out on all devices. If you did not request this, ignore this email. Your password does not change.`,
  });
}

export function confirmEmail(url: string): Email {
  return compose({
    subject: "Confirm your email address",
    before: "Someone entered this address for a Gatehouse account.",
    label: "Confirm this address",
    url,
    after: `${VALID}. If you have no Gatehouse account, do not open it. Someone has entered your address by mistake.`,
  });
}

/** Sent to the old address: the user must approve the change. */
export function approveChangeEmail(url: string, newEmail: string): Email {
  return compose({
    subject: "Approve your new email address",
    before: `You requested to change the email address of your Gatehouse account to ${newEmail}.`,
    label: "Approve the change",
    url,
    after: `${VALID}. After you approve, we send a second link to the new address, to confirm it. If you did not request this, do not open the link, and change your password: someone else is signed in to your account.`,
  });
}

/** Sent to the new address: the user must confirm it. */
export function newAddressEmail(url: string): Email {
  return compose({
    subject: "Confirm your new email address",
    before: "You requested to use this address for your Gatehouse account.",
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
