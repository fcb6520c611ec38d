/**
 * A bounded map in two generations. Reading a young entry is one map lookup and moves nothing. When
 * the young generation is full, it becomes the old one, and the previous old one is dropped. An old
 * entry that is read becomes young again. So there are at most twice `capacity` entries, and
 * entries in use are kept.
 */
export class Lru<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(private readonly capacity: number) {}

  get(key: string): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const aged = this.#old.get(key);
    if (aged !== undefined) this.set(key, aged);
    return aged;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.capacity && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
