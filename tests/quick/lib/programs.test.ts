import { expect, it } from "vitest";
import { deviceClients, keyScopes, nameOfClient } from "../../../lib/programs";

it("each scope has a name that FastAPI accepts in a token, and a text", () => {
  for (const [name, about] of Object.entries(keyScopes)) {
    // RFC 6749 §3.3.
    expect(name).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(about).not.toBe("");
  }
});

it("each program has an id that can be the start of a User-Agent, and a name", () => {
  for (const [id, name] of Object.entries(deviceClients)) {
    // RFC 9110 §5.6.2.
    expect(id).toMatch(/^[\w!#$%&'*+.^`|~-]+$/);
    expect(nameOfClient(id)).toBe(name);
  }
  expect(nameOfClient("constructor")).toBeUndefined();
});
