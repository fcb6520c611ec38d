import "server-only";
import type { Message } from "./message";

export interface KeptMessage extends Message {
  readonly at: Date;
}

/** How many messages are kept. */
const CAPACITY = 50;

/**
 * Next's development server evaluates this module again for each route and after each change. So
 * the messages are stored outside the module.
 */
const shared = globalThis as typeof globalThis & { gatehouseMailbox?: KeptMessage[] };

/**
 * The last messages, newest first. Used in development without a mail server: messages are kept
 * here instead of being sent.
 */
export function readMailbox(): readonly KeptMessage[] {
  return shared.gatehouseMailbox ?? [];
}

export function keepInMailbox(message: Message): void {
  shared.gatehouseMailbox = [{ ...message, at: new Date() }, ...readMailbox()].slice(0, CAPACITY);
}
