/**
 * The server of Next reads the query of a rewrite and writes it anew: `?constructor=1` arrives twice, `?__proto__=1` not at
 * all, `+` as `%20`, `%E9` as another character, and repeated names in another order. It does not touch a name or a value that
 * it has not seen in the client's own query. So the whole query is handed over as one name and one value, each behind a tab,
 * which URLs lose at the end (WHATWG URL §4.4: tabs are removed). The backend gets the query byte for byte, except that a
 * query without any `=` gets one at its end.
 *
 * For the server of Next alone: other hosts take the address of a rewrite as it is.
 */
export function protectQuery(search: string): string {
  // A client's own tab would make the mark ambiguous.
  if (search.length < 2 || search.includes("%09")) return search;
  const equals = search.lastIndexOf("=");
  const name = equals < 0 ? search.slice(1) : search.slice(1, equals);
  const value = equals < 0 ? "" : search.slice(equals + 1);
  return `?%09${encodeURIComponent(name)}=%09${encodeURIComponent(value)}`;
}
