import type { Message } from "./mail";

export interface KeptMessage extends Message {
  readonly at: Date;
}

const KEPT = 50;

/** Next's development server makes this module anew for each route and after each change; the messages stay. */
const shared = globalThis as typeof globalThis & { gatehouseMailbox?: KeptMessage[] };

/** The last messages that were not sent, the newest first. In development alone, for want of a mail server. */
export function readMailbox(): readonly KeptMessage[] {
  return shared.gatehouseMailbox ?? [];
}

export function keepInMailbox(message: Message): void {
  shared.gatehouseMailbox = [{ ...message, at: new Date() }, ...readMailbox()].slice(0, KEPT);
}
