import { isRecent } from "../../lib/is-recent";
import type { Identity } from "../../lib/token/contract";
import { type BackendToken, createMinter } from "../../lib/token/mint";
import { computeSocketTokenLife } from "../../lib/token/token-life";
import type { GateOptions } from "../options";
import type { KnownSession } from "../session/session";
import { Lru } from "../util/lru";
import { createSingleFlight } from "../util/single-flight";

/** A token kept for reuse, and the identity in its claims. */
interface Kept {
  readonly token: BackendToken;
  readonly identity: Identity;
}

/** Tokens that an isolate keeps for each backend: up to twice this number (`edge/util/lru.ts`). */
const CAPACITY = 5_000;
/** Longer tokens are not kept. This also bounds the memory in bytes. Characters. */
const MAX_LENGTH = 4_096;
/** How long a request waits for another request's token before it is minted again. Milliseconds. */
const MAX_WAIT_MS = 1_000;

export type TokenSourceOptions = Pick<
  GateOptions,
  "jwt" | "sessionMaxStaleSeconds" | "now" | "startTimer" | "randomId"
>;

export type TokenSource = ReturnType<typeof createTokenSource>;

/** Creates the source of the JWTs that one backend receives. */
export function createTokenSource(options: TokenSourceOptions) {
  const { jwt: config, sessionMaxStaleSeconds, now, startTimer, randomId } = options;
  const mint = createMinter(config, randomId);
  const socketLimits = { ttlSeconds: config.ttlSeconds, maxStaleSeconds: sessionMaxStaleSeconds };
  const kept = new Lru<Kept>(CAPACITY);
  const once = createSingleFlight<string>(startTimer, MAX_WAIT_MS);

  return {
    /**
     * Reuses one token per session in each isolate until half of its lifetime has passed. A reused
     * token is returned without a promise.
     */
    get(identity: Identity): string | Promise<string> {
      const known = kept.get(identity.sessionId);
      if (known && isSame(known.identity, identity) && isFresh(known.token, now())) return known.token.jwt;
      return once(JSON.stringify(identity), async () => {
        const token = await mint(identity, { issuedAt: now() });
        if (token.jwt.length <= MAX_LENGTH) kept.set(identity.sessionId, { token, identity });
        return token.jwt;
      });
    },

    /** A new token for a WebSocket, which ends when the session's last check is no longer trusted. */
    async mintForSocket({ identity, verifiedAt }: KnownSession): Promise<string> {
      const { jwt } = await mint(identity, computeSocketTokenLife(now(), verifiedAt, socketLimits));
      return jwt;
    },
  };
}

function isFresh(token: BackendToken, time: number): boolean {
  return isRecent(token.issuedAt, time, (token.expiresAt - token.issuedAt) / 2);
}

/**
 * A changed name, email address or claim is in the very next token: the kept token is not reused.
 */
function isSame(one: Identity, other: Identity): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
