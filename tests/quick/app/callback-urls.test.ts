import { describe, expect, it } from "vitest";
import { callbackUrls } from "../../../app/_account/callback-urls";
import { routes } from "../../../lib/routes";

describe("the callback URLs of a sign-in through another site", () => {
  it("lead to the requested page", () => {
    expect(callbackUrls("/tasks?done=1")).toEqual({
      callbackURL: "/tasks?done=1",
      errorCallbackURL: `${routes.login}?next=%2Ftasks%3Fdone%3D1`,
    });
  });

  it("lead to the home page if no page was requested", () => {
    expect(callbackUrls(undefined)).toEqual({ callbackURL: routes.home, errorCallbackURL: routes.login });
  });

  it.each(["x", "%", "/", "=&"])(
    "fit into a cookie, even if the requested path repeats %j thousands of times",
    (text) => {
      for (let times = 0; times < 4_000; times += 50) {
        const { callbackURL, errorCallbackURL } = callbackUrls(`/tasks?q=${text.repeat(times)}`);
        // tests/attack/accounts.test.ts tests the cookie.
        expect(callbackURL.length + errorCallbackURL.length).toBeLessThanOrEqual(1_600);
      }
    },
  );
});
