import "server-only";
import { createTransport } from "nodemailer";
import type { Env } from "../../env";
import { keepInMailbox } from "./mailbox";
import type { Message } from "./message";

export interface Mailer {
  /** Whether messages can be sent at all, or stored in the development mailbox. */
  readonly isConfigured: boolean;
  /**
   * Checks whether a message could be sent now, to any recipient.
   * @throws {MailError}
   */
  check(): Promise<void>;
  /** @throws {MailError} */
  send(message: Message): Promise<void>;
}

/** No message can be sent, or this message could not be sent. */
export class MailError extends Error {
  override readonly name = "MailError";

  constructor(
    readonly code: "MAIL_NOT_CONFIGURED" | "MAIL_NOT_SENT",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * A mail server that sends nothing for this long counts as unreachable: a person is waiting for the
 * form. Milliseconds.
 */
const TIMEOUT = 8_000;

/**
 * For the Node server only: the gate's bundle must not contain an SMTP client
 * (tests/repo/imports.test.ts).
 */
export function createMailer({ mail, development }: Pick<Env, "mail" | "development">): Mailer {
  if (mail) return smtp(mail);
  return development ? mailbox : unconfigured;
}

function smtp({ smtpUrl, from }: NonNullable<Env["mail"]>): Mailer {
  const transport = createTransport(
    {
      url: smtpUrl,
      connectionTimeout: TIMEOUT,
      greetingTimeout: TIMEOUT,
      socketTimeout: TIMEOUT,
      dnsTimeout: TIMEOUT,
    },
    { from },
  );
  const notSent = (cause: unknown) => new MailError("MAIL_NOT_SENT", `the mail server: ${cause}`, { cause });
  return {
    isConfigured: true,
    async check() {
      await transport.verify().catch((error) => Promise.reject(notSent(error)));
    },
    async send(message) {
      await transport.sendMail({ ...message }).catch((error) => Promise.reject(notSent(error)));
    },
  };
}

const mailbox: Mailer = {
  isConfigured: true,
  check: async () => {},
  send: async (message) => keepInMailbox(message),
};

/**
 * Messages are never written to the log instead: a link that resets a password is as valuable as
 * the password.
 */
const unconfigured: Mailer = {
  isConfigured: false,
  check: () => Promise.reject(notConfigured()),
  send: () => Promise.reject(notConfigured()),
};

function notConfigured(): MailError {
  return new MailError("MAIL_NOT_CONFIGURED", "SMTP_URL is not set, so no email can be sent");
}
