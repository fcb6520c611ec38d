import { describe, expect, it, test } from "vitest";
import { describeError } from "../../../../lib/log/describe-error";
import { createLog } from "../../../../lib/log/log";
import { redact, redactPath } from "../../../../lib/log/redact";

it("a log line is one JSON object with its time", () => {
  const lines: [level: string, line: string][] = [];
  const log = createLog(
    (...line) => lines.push(line),
    () => 0,
  );
  log({ code: "gate_backend_timeout", request_id: "id", error: "two\nlines" });
  expect(lines).toEqual([["error", expect.not.stringContaining("\n")]]);
  expect(JSON.parse(lines[0]?.[1] ?? "")).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "error",
    code: "gate_backend_timeout",
    request_id: "id",
    error: "two\nlines",
  });
});

describe("the log has of an error", () => {
  const withCode = (code: string, message: string) => Object.assign(new Error(message), { code });
  const token = "Zk3vQx8fW0nLr7Tc2bYpHs5uJd9aEgMi";

  test.each<[what: string, error: unknown, said: string]>([
    ["its name and message", new TypeError("fetch failed"), "TypeError: fetch failed"],
    ["its cause", new Error("one", { cause: new Error("two") }), "Error: one (Error: two)"],
    ["its code", withCode("ECONNREFUSED", "connect failed"), "Error ECONNREFUSED: connect failed"],
    ["a thrown value that is no error", "just text", "just text"],
    [
      "no quoted value",
      new Error('invalid input for type uuid: "Ada Lovelace"'),
      'Error: invalid input for type uuid: "…"',
    ],
    ["no email address", new Error("no user ada.l@example.com here"), "Error: no user …@… here"],
    ["no password", new Error("cannot use postgresql://me:pa55@db/x"), "Error: cannot use …@…"],
    ["a code in capitals", new Error("INTERNAL_SERVER_ERROR"), "Error: INTERNAL_SERVER_ERROR"],
    ["no token", new Error(`session ${token} is gone`), "Error: session … is gone"],
    [
      "nothing of a response that could not be read",
      new Error("Server error (HTTP status 500): Ada"),
      "Error: Server error (HTTP status 500)",
    ],
  ])("%s", (_, error, said) => {
    expect(describeError(error)).toBe(said);
  });
});

test.each([
  ["/tasks/7", "/tasks/7"],
  ["/api/x/0b6f6f0e-59a1-4d7f-9a20-6f0f5f1f7a11", "/api/x/0b6f6f0e-59a1-4d7f-9a20-6f0f5f1f7a11"],
  ["/api/auth/reset-password/Zk3vQx8fW0nLr7Tc2bYpHs5uJd9aEgMi", "/api/auth/reset-password/…"],
  ["/users/ada@example.com", "/users/…@…"],
])("the path %s is redacted to %s", (path, shown) => {
  expect(redactPath(path)).toBe(shown);
});

it("the time to redact a long text grows in proportion to its length", () => {
  const started = performance.now();
  for (const character of ["a", "/", "@", "=", "'", "("]) redact(character.repeat(200_000));
  // With the square of the length it is minutes.
  expect(performance.now() - started).toBeLessThan(5_000);
});
