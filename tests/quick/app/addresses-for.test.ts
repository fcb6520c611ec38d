import { describe, expect, it } from "vitest";
import { addressesFor } from "../../../app/(guest)/addresses-for";

describe("the addresses of a sign-in through another site", () => {
  it("lead back to the page that was asked for", () => {
    expect(addressesFor("/tasks?done=1")).toEqual({
      callbackURL: "/tasks?done=1",
      errorCallbackURL: "/login?next=%2Ftasks%3Fdone%3D1",
    });
  });

  it("lead to the home page without one", () => {
    expect(addressesFor(undefined)).toEqual({ callbackURL: "/dashboard", errorCallbackURL: "/login" });
  });

  it.each(["x", "%", "/", "=&"])("fit into a cookie, however often the page's address holds %j", (text) => {
    for (let times = 0; times < 4_000; times += 50) {
      const { callbackURL, errorCallbackURL } = addressesFor(`/tasks?q=${text.repeat(times)}`);
      // tests/attack/accounts has the cookie.
      expect(callbackURL.length + errorCallbackURL.length).toBeLessThanOrEqual(1_600);
    }
  });
});
