/**
 * The value of a key that a caller can choose. Undefined for a key that the table does not list,
 * also if every object has it, such as `constructor`.
 */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
