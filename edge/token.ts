import type { Identity } from "../lib/contract";
import { isRecent } from "../lib/is-recent";
import type { BackendToken, MintToken } from "../lib/mint";
import { Lru } from "./lru";
import { createSingleFlight, type StartTimer } from "./single-flight";

/** A token kept for reuse, and the identity that it states. */
interface Kept {
  readonly token: BackendToken;
  readonly identity: Identity;
}

/** Tokens kept in an isolate's memory at least; twice as many at most. */
const CAPACITY = 5_000;
/** Tokens longer than this are not kept, which bounds the memory in bytes as well. Characters. */
const MAX_LENGTH = 4_096;
const PATIENCE = 1_000;

/**
 * One token a session in each isolate until half its life is gone. What it returns at once, without a promise, is
 * the warm path.
 */
export function createTokenSource(mint: MintToken, now: () => number, startTimer: StartTimer) {
  const kept = new Lru<Kept>(CAPACITY);
  const once = createSingleFlight<string>(startTimer, PATIENCE);

  return function tokenFor(identity: Identity): string | Promise<string> {
    const known = kept.get(identity.sessionId);
    if (known && isSame(known.identity, identity) && isFresh(known.token, now())) return known.token.jwt;
    return once(JSON.stringify(identity), async () => {
      const token = await mint(identity, now());
      if (token.jwt.length <= MAX_LENGTH) kept.set(identity.sessionId, { token, identity });
      return token.jwt;
    });
  };
}

function isFresh(token: BackendToken, time: number): boolean {
  return isRecent(token.issuedAt, time, (token.expiresAt - token.issuedAt) / 2);
}

/** A new name, address or claim is in the next token, not in the one after. */
function isSame(one: Identity, other: Identity): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
