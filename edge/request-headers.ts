/**
 * The headers of a request, by lower-case name. `Headers` has this form. The gate copies them once
 * into a `Map`, because each read of a `Headers` object costs as much as the rest of the decision.
 */
export interface RequestHeaders extends Iterable<[string, string]> {
  get(name: string): string | null | undefined;
  has(name: string): boolean;
}
