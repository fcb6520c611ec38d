import { stringify } from "node:querystring";
import fc from "fast-check";
import { expect, it, test } from "vitest";
import { buildUpstreamUrl, protectQuery } from "../../../../edge/upstream/url";
import { numRuns, timeout } from "../../../fixtures/requests";

test.each([
  ["https://api.example.com", "/backend/api/tasks", "?a=1", "https://api.example.com/api/tasks?a=1"],
  ["https://api.example.com", "/backend/api/tasks/", "", "https://api.example.com/api/tasks/"],
  ["https://api.example.com", "/backend", "", "https://api.example.com/"],
  ["https://api.example.com/v1", "/backend/x", "", "https://api.example.com/v1/x"],
  ["https://api.example.com", "/backend/@evil.example/", "", "https://api.example.com/@evil.example/"],
  ["https://api.example.com", "/backend//evil.example", "", "https://api.example.com//evil.example"],
  ["https://api.example.com", "/backend/a%20b", "?q=%2f", "https://api.example.com/a%20b?q=%2f"],
])("at %s the path %s with the query '%s' has the address %s", (base, path, search, expected) => {
  const url = buildUpstreamUrl(base, "/backend", path, search);
  expect(url).toBe(expected);
  expect(new URL(url).origin).toBe("https://api.example.com");
});

/**
 * The query that Next's server makes of a rewrite's query, given the client's own query
 * (`proxyRequest` and `stringifyQuery`).
 */
function throughNext(client: string, rewrite: string): string {
  const read = (search: string) => {
    const query: Record<string, string | string[]> = {};
    for (const [name, value] of new URLSearchParams(search)) {
      const before = query[name];
      query[name] = before === undefined ? value : ([before, value].flat() as string[]);
    }
    return query;
  };
  const initial = read(client);
  const known = Object.values(initial).flat();
  const written = stringify(read(rewrite), undefined, undefined, {
    encodeURIComponent: (value) =>
      value in initial || known.includes(value) ? encodeURIComponent(value) : value,
  });
  return new URL(`http://backend/x${written && `?${written}`}`).search;
}

test.each([
  "?a=1",
  "?constructor=1",
  "?__proto__=1",
  "?a[]=1&a[]=2",
  "?a=1+2",
  "?a=%20&b=%2B&c=%2f",
  "?a=%zz&b=%",
  "?a=%E9",
  "?a=1&b=2&a=3",
  "?b=1&10=2&1=3",
  "?a;b=c",
  "?=1",
  "?&&a=1&",
  "?a=b=c",
  "?flag&a=1&flag2",
  "?a=/x:@!$()*,~?/",
  "?next=https://x.example/?a=b",
])("the query %s arrives unchanged", (search) => {
  expect(throughNext(search, protectQuery(search))).toBe(search);
});

test.each([
  ["?flag", "?flag="],
  ["?a;b", "?a;b="],
])("the query %s gets an equals sign at its end: %s", (search, arrived) => {
  expect(throughNext(search, protectQuery(search))).toBe(arrived);
});

test.each(["", "?", "?a=%09b"])("the query '%s' is not changed", (search) => {
  expect(protectQuery(search)).toBe(search);
});

it(
  "any query with an equals sign and no tab arrives unchanged",
  () => {
    const character = fc.constantFrom(
      ..."ab1&=;+[]%25/?:@!$()*,~_-.",
      "%E9",
      "%C3%A9",
      "%2f",
      "%3D",
      "constructor",
      "__proto__",
    );
    const query = fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => `?${parts.join("")}`);
    fc.assert(
      fc.property(query, (text) => {
        const { search } = new URL(text, "http://app");
        fc.pre(search.includes("=") && !search.includes("%09"));
        expect(throughNext(search, protectQuery(search))).toBe(search);
      }),
      { numRuns },
    );
  },
  timeout,
);
