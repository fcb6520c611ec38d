/**
 * The address at the backend. A client cannot change its origin: the path that follows the
 * configured address begins with "/".
 */
export function buildUpstreamUrl(
  backendUrl: string,
  prefix: string,
  pathname: string,
  search: string,
): string {
  return backendUrl + (pathname.slice(prefix.length) || "/") + search;
}

/**
 * Makes the query of a rewrite arrive unchanged. For the server of Next only: other hosts do not
 * change the address of a rewrite.
 *
 * Next's server parses the query of a rewrite and writes it again: `?constructor=1` arrives twice,
 * `?__proto__=1` not at all, `+` as `%20`, `%E9` as another character, and repeated names in
 * another order. It does not encode a name or a value that is not in the client's own query. So the
 * whole query is passed as one name and one value, each after a tab, and the URL parser removes the
 * tabs at the end (WHATWG URL §4.4). The backend gets the query byte for byte, with two exceptions:
 * a query without any `=` gets one at its end, and a query with a tab (`%09`) is not protected.
 */
export function protectQuery(search: string): string {
  // A tab in the client's own query would make the mark ambiguous.
  if (search.length < 2 || search.includes("%09")) return search;
  const equals = search.lastIndexOf("=");
  const name = equals < 0 ? search.slice(1) : search.slice(1, equals);
  const value = equals < 0 ? "" : search.slice(equals + 1);
  return `?%09${encodeURIComponent(name)}=%09${encodeURIComponent(value)}`;
}
