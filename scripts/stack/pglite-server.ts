import type { Server, Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";

// Codes that replace the protocol version in a start-up packet (PostgreSQL docs, "Message
// Formats").
const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

/** Minimum: the length and the code. Maximum: PostgreSQL's MAX_STARTUP_PACKET_LENGTH. Bytes. */
const STARTUP_LENGTH = { min: 8, max: 10_000 };
/** The length of a message includes the length field itself. Bytes. */
const MESSAGE_LENGTH = { min: 4, max: 0x3fff_ffff };

/** The message types that make the server respond: Query, FunctionCall, Sync, Flush. */
const BATCH_ENDS = "QFSH";

/** A sequence of messages that must run together, and the connection that sent it. */
interface Batch {
  readonly from: Socket;
  readonly messages: Buffer;
  /** Whether it ends with Flush: then more messages of the same sequence follow. */
  readonly unfinished: boolean;
}

/**
 * Serves one PGlite to many connections of the Postgres protocol. It accepts every connection
 * without a password.
 *
 * PGlite is a single session, so connections take turns. A batch of messages, up to its Sync, runs
 * without interruption, and while one connection is in a transaction the others wait.
 * (`@electric-sql/pglite-socket` 0.2.17 takes turns after each message, and mixes up statements
 * that waited for the end of a transaction.) All connections share the state of the session that is
 * not part of a transaction: SET, advisory locks and named statements.
 */
export async function servePglite(db: PGlite, server: Server): Promise<void> {
  const startupResponse = await readStartupResponse(db);
  const turns = takeTurns(db);
  server.on("connection", (socket) => {
    socket.setNoDelay(true);
    socket.on("close", turns.wake);
    // Nothing to do: a close event follows.
    socket.on("error", () => {});
    readBatches(socket, startupResponse, turns.add);
  });
}

/**
 * Postgres's response to a start-up packet, up to ReadyForQuery. It is the same for every
 * connection.
 */
async function readStartupResponse(db: PGlite): Promise<Buffer> {
  const parameters = "user\0postgres\0database\0postgres\0\0";
  const packet = Buffer.alloc(8 + parameters.length);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(3 << 16, 4);
  packet.write(parameters, 8, "latin1");
  return Buffer.from(await db.execProtocolRaw(packet));
}

function readBatches(socket: Socket, startupResponse: Buffer, add: (batch: Batch) => void): void {
  let received = Buffer.alloc(0);
  let pending: Buffer[] = [];
  let started = false;

  /**
   * Removes one message from the received bytes and returns it. Undefined while the message is
   * incomplete.
   */
  const take = (): Buffer | undefined => {
    // A start-up packet begins with its length. Every later message begins with its type.
    const [lengthAt, allowed] = started ? [1, MESSAGE_LENGTH] : [0, STARTUP_LENGTH];
    if (received.length < lengthAt + 4) return undefined;
    const length = received.readInt32BE(lengthAt);
    if (length < allowed.min || length > allowed.max) {
      socket.destroy();
      return undefined;
    }
    if (received.length < lengthAt + length) return undefined;
    const message = received.subarray(0, lengthAt + length);
    received = received.subarray(message.length);
    return message;
  };

  const startUp = (packet: Buffer) => {
    const code = packet.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) socket.write("N");
    else if (code === CANCEL_REQUEST) socket.end();
    else {
      started = true;
      socket.write(startupResponse);
    }
  };

  const collect = (message: Buffer) => {
    const type = String.fromCharCode(message[0] as number);
    if (type === "X") {
      socket.end();
      return;
    }
    pending.push(message);
    if (!BATCH_ENDS.includes(type)) return;
    add({ from: socket, messages: Buffer.concat(pending), unfinished: type === "H" });
    pending = [];
  };

  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (let message = take(); message; message = take()) {
      if (started) collect(message);
      else startUp(message);
    }
  });
}

/**
 * Runs batches in order of arrival. While one connection is in a transaction, only its batches run.
 */
function takeTurns(db: PGlite): { add: (batch: Batch) => void; wake: () => void } {
  let waiting: Batch[] = [];
  let holder: Socket | undefined;
  let busy = false;

  const runOne = async ({ from, messages, unfinished }: Batch) => {
    const reply = await db.execProtocolRaw(messages);
    holder = unfinished || db.isInTransaction() ? from : undefined;
    if (from.writable) from.write(reply);
  };

  /**
   * The connection closed in the middle of a batch or a transaction: roll back, as Postgres would.
   */
  const release = async () => {
    holder = undefined;
    await db.execProtocolRaw(Buffer.from("S\0\0\0\x04", "latin1"));
    if (db.isInTransaction()) await db.exec("ROLLBACK");
  };

  const proceed = async () => {
    if (busy) return;
    busy = true;
    for (;;) {
      if (holder?.destroyed) await release();
      waiting = waiting.filter(({ from }) => !from.destroyed);
      const next = waiting.findIndex(({ from }) => holder === undefined || from === holder);
      const [batch] = next === -1 ? [] : waiting.splice(next, 1);
      if (!batch) break;
      await runOne(batch).catch((error: Error) => batch.from.destroy(error));
    }
    busy = false;
  };

  const wake = () => void proceed();
  const add = (batch: Batch) => {
    waiting.push(batch);
    wake();
  };
  return { add, wake };
}
