/**
 * A request's headers, by names in lower case. `Headers` is one; the gate reads them once into a `Map`, since each look
 * into a `Headers` costs as much as the rest of the decision.
 */
export interface RequestHeaders extends Iterable<[string, string]> {
  get(name: string): string | null | undefined;
  has(name: string): boolean;
}
