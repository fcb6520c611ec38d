import { beforeEach, describe, expect, it } from "vitest";
import { createGate } from "../../../../edge/gate";
import { type Observer, observeStep } from "../../../../edge/observe/observer";
import type { GateRequest } from "../../../../edge/request";
import type { StoreResult } from "../../../../edge/session/store";
import { tapMaybeAsync } from "../../../../edge/util/maybe-async";
import { identityOf } from "../../../../lib/token/contract";
import { signSessionToken } from "../../../../scripts/stack/signing";
import { gateOptions } from "../../../fixtures/gate";

const APP = "https://app.example.com";
const identity = identityOf({ id: "user-1", email: "ada@example.com", name: "Ada" }, { id: "session-1" });

let seen: string[];
let cookie: string;
let reply: () => Promise<StoreResult>;
beforeEach(async () => {
  seen = [];
  cookie = `__Secure-better-auth.session_token=${await signSessionToken("abc")}`;
  reply = async () => ({ session: { identity, expiresAt: 86_400_000 }, setCookies: [] });
});

/** Notes the beginning and the end of each step. */
const createNoter = (name: string): Observer => ({
  around(step, request, run) {
    seen.push(`${name} begins ${step}`);
    return tapMaybeAsync(
      () => run(request),
      () => seen.push(`${name} ends ${step}`),
      () => seen.push(`${name} fails ${step}`),
    );
  },
});

function createObservedGate(observers: readonly Observer[], keys?: readonly string[]) {
  const options = gateOptions(APP, { store: () => reply() }, { observers });
  return createGate(keys ? { ...options, jwt: { ...options.jwt, keys } } : options);
}

const headersOf = (more: Record<string, string> = {}) => ({ headers: { cookie, ...more } });

describe("an observer of the gate", () => {
  it("runs around each step of a request that is forwarded", async () => {
    const gate = createObservedGate([createNoter("a")]);
    await gate(new Request(`${APP}/backend/x`, headersOf()));
    expect(seen).toEqual(
      ["session", "decide", "mint", "forward"].flatMap((step) => [`a begins ${step}`, `a ends ${step}`]),
    );
  });

  it("runs around each step of a request that is refused", async () => {
    await createObservedGate([createNoter("a")])(new Request(`${APP}/backend/x`));
    expect(seen).toEqual(
      ["session", "decide", "respond"].flatMap((step) => [`a begins ${step}`, `a ends ${step}`]),
    );
  });

  it("runs within the observers before it in the list", async () => {
    await createObservedGate([createNoter("a"), createNoter("b")])(new Request(`${APP}/`));
    expect(seen.slice(0, 4)).toEqual([
      "a begins session",
      "b begins session",
      "b ends session",
      "a ends session",
    ]);
  });

  it("receives the error of a step, and the gate still responds", async () => {
    const response = await createObservedGate(
      [createNoter("a")],
      [],
    )(new Request(`${APP}/backend/x`, headersOf()));
    expect(response.status).toBe(500);
    expect(seen.at(-1)).toBe("a fails mint");
  });

  it("leaves a warm request synchronous", async () => {
    const gate = createObservedGate([createNoter("a")]);
    const request = () => new Request(`${APP}/backend/x`, headersOf());
    expect(gate(request())).toBeInstanceOf(Promise);
    await gate(request());
    expect(gate(request())).toBeInstanceOf(Response);
  });

  it("can change the headers of the request that is forwarded", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const observer: Observer = {
      around: (step, request, run) =>
        run(
          step === "forward"
            ? { ...request, headers: new Map([...request.headers, ["traceparent", traceparent]]) }
            : request,
        ),
    };
    const response = await createObservedGate([observer])(new Request(`${APP}/backend/x`, headersOf()));
    expect(response.headers.get("x-middleware-request-traceparent")).toBe(traceparent);
  });
});

it("a step without observers is not wrapped", () => {
  const run = (_: GateRequest) => "token";
  expect(observeStep([], "mint", run)).toBe(run);
});
