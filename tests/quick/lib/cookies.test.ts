import { expect, test } from "vitest";
import { applySetCookies, parseCookies } from "../../../lib/cookies";

test.each<[header: string, cookies: [name: string, value: string][]]>([
  ["", []],
  ["a=1", [["a", "1"]]],
  [
    "a=1; b=2",
    [
      ["a", "1"],
      ["b", "2"],
    ],
  ],
  ["a=1;a=2", [["a", "1"]]],
  [" a = 1 ;", [["a", "1"]]],
  ["a=b=c", [["a", "b=c"]]],
  ["a=", [["a", ""]]],
  ["a=%20", [["a", "%20"]]],
  ["a", []],
  ["=1", []],
  [";;", []],
])("the Cookie header '%s' contains %j", (header, cookies) => {
  expect([...parseCookies(header)]).toEqual(cookies);
});

test.each([
  ["a=1", "b=2; Path=/; HttpOnly", "a=1; b=2"],
  ["a=1; b=2", "a=3", "a=3; b=2"],
  ["a=1; b=2", "a=; Max-Age=0", "b=2"],
  ["a=1; b=2", "a=; path=/; max-age=0", "b=2"],
  ["", "a=1", "a=1"],
])("the Cookie header '%s' becomes, after Set-Cookie '%s', '%s'", (header, setCookie, after) => {
  expect(applySetCookies(header, [setCookie])).toBe(after);
});
