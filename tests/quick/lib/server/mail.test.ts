import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMailer } from "../../../../lib/server/mail/mail";
import { readMailbox } from "../../../../lib/server/mail/mailbox";
import type { Message } from "../../../../lib/server/mail/message";
import { LOOPBACK, listen } from "../../../../scripts/lib/ports";
import { type MailServer, startMailServer } from "../../../fixtures/mail-server";

const message: Message = {
  to: "ada@example.com",
  subject: "Grüße",
  text: "Öffne das:\nhttps://app.example.com/a-link-that-is-longer-than-a-line-of-seventy-six-characters?x=1&y=2\n",
  html: "<p>Öffne das</p>",
};

const deployed = { mail: undefined, development: false };

describe("with a mail server,", () => {
  let server: MailServer;
  beforeEach(async () => {
    server = await startMailServer();
    return () => server.stop();
  });
  const mailer = (url = server.env.SMTP_URL) =>
    createMailer({ mail: { smtpUrl: url, from: server.env.MAIL_FROM }, development: false });

  it("a message arrives as it was written", async () => {
    await mailer().check();
    await mailer().send(message);
    const received = await server.next("ada@example.com");
    expect(received).toMatchObject({
      from: "Gatehouse <no-reply@gatehouse.example>",
      link: "https://app.example.com/a-link-that-is-longer-than-a-line-of-seventy-six-characters?x=1&y=2",
    });
  });

  it("a wrong password is an error that does not contain the password", async () => {
    const wrong = mailer(server.env.SMTP_URL.replace("mail-password", "not-the-password"));
    for (const attempt of [wrong.check(), wrong.send(message)]) {
      const error = await attempt.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "MAIL_NOT_SENT" });
      expect(String(error)).not.toContain("not-the-password");
    }
  });

  it("an address that the server refuses is an error", async () => {
    const sent = mailer().send({ ...message, to: "nobody@refused.example" });
    await expect(sent).rejects.toMatchObject({ code: "MAIL_NOT_SENT" });
  });

  it("a server that is down is an error", async () => {
    const { env } = server;
    await server.stop();
    await expect(mailer(env.SMTP_URL).check()).rejects.toMatchObject({ code: "MAIL_NOT_SENT" });
    await server.restart();
  });
});

it("a mail server that does not respond is an error after 8 seconds", async () => {
  const silent = createServer(() => {});
  const port = await listen(silent);
  const mailer = createMailer({
    mail: { smtpUrl: `smtp://${LOOPBACK}:${port}`, from: "a@example.com" },
    development: false,
  });
  await expect(mailer.check()).rejects.toMatchObject({ code: "MAIL_NOT_SENT" });
  await new Promise((resolve) => silent.close(resolve));
}, 12_000);

describe("without a mail server,", () => {
  afterEach(() => {
    delete (globalThis as { gatehouseMailbox?: unknown }).gatehouseMailbox;
  });

  it("a build sends nothing and throws an error", async () => {
    const mailer = createMailer(deployed);
    expect(mailer.isConfigured).toBe(false);
    await expect(mailer.check()).rejects.toMatchObject({ code: "MAIL_NOT_CONFIGURED" });
    await expect(mailer.send(message)).rejects.toMatchObject({ code: "MAIL_NOT_CONFIGURED" });
    expect(readMailbox()).toEqual([]);
  });

  it("development stores the last fifty messages, the newest first", async () => {
    const mailer = createMailer({ ...deployed, development: true });
    await mailer.check();
    for (let i = 1; i <= 51; i++) await mailer.send({ ...message, subject: `${i}` });
    expect(readMailbox()).toHaveLength(50);
    expect(readMailbox()[0]).toMatchObject({ to: "ada@example.com", subject: "51" });
  });
});
