import { setTimeout as sleep } from "node:timers/promises";
import { SMTPServer } from "smtp-server";
import { freePort, LOOPBACK } from "../../scripts/lib/ports";

export interface Received {
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  /** The link in the text. */
  readonly link: string;
}

const USER = "gate";
const PASSWORD = "mail-password";
const PATIENCE = 10_000;

/**
 * Starts a mail server on loopback that requires a password and keeps the emails it receives. It
 * refuses recipients at `refused.example`.
 */
export async function startMailServer() {
  const received: Received[] = [];
  const read = new Set<Received>();
  const port = await freePort();
  let delay = 0;
  let server = await listen();

  async function listen() {
    const smtp = new SMTPServer({
      // No TLS, as with a relay on the same machine as the app.
      hideSTARTTLS: true,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, callback) {
        const known = username === USER && password === PASSWORD;
        callback(known ? null : new Error("wrong password"), known ? { user: USER } : undefined);
      },
      onRcptTo({ address }, _session, callback) {
        callback(address.endsWith("@refused.example") ? new Error("no such mailbox") : null);
      },
      onData(stream, { envelope }, callback) {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const to = envelope.rcptTo.map(({ address }) => address).join();
          setTimeout(() => {
            received.push(parse(to, Buffer.concat(chunks).toString("utf8")));
            callback();
          }, delay);
        });
      },
    });
    // Ignore clients that disconnect in the middle of an email.
    smtp.on("error", () => {});
    await new Promise<void>((resolve) => smtp.listen(port, LOOPBACK, resolve));
    return smtp;
  }

  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    env: {
      SMTP_URL: `smtp://${USER}:${PASSWORD}@${LOOPBACK}:${port}`,
      MAIL_FROM: "Gatehouse <no-reply@gatehouse.example>",
    },
    port,
    received,
    stop: close,
    /** Delays the response to each email by this many milliseconds. */
    takeTime(ms: number) {
      delay = ms;
    },
    async restart() {
      server = await listen();
    },
    /**
     * Returns the oldest unread email to this address. Waits until one arrives.
     * @throws when none arrives in 10 seconds
     */
    async next(to: string): Promise<Received> {
      const end = Date.now() + PATIENCE;
      for (;;) {
        const found = received.find((message) => message.to === to && !read.has(message));
        if (found) {
          read.add(found);
          return found;
        }
        if (Date.now() > end) throw new Error(`no message to ${to} arrived`);
        await sleep(25);
      }
    },
  };
}

export type MailServer = Awaited<ReturnType<typeof startMailServer>>;

function parse(to: string, raw: string): Received {
  const header = (name: string) => raw.match(new RegExp(`^${name}: (.*)$`, "im"))?.[1]?.trim() ?? "";
  const boundary = raw.match(/boundary="([^"]+)"/)?.[1] ?? "";
  const part = raw.split(`--${boundary}`).find((piece) => piece.includes("text/plain")) ?? "";
  const [head = "", ...body] = part.split("\r\n\r\n");
  const text = body.join("\r\n\r\n");
  const plain = /quoted-printable/i.test(head) ? fromQuotedPrintable(text) : text;
  return {
    to,
    from: header("From"),
    subject: header("Subject"),
    text: plain,
    link: plain.match(/https?:\/\/\S+/)?.[0] ?? "",
  };
}

/** RFC 2045 §6.7 */
function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
