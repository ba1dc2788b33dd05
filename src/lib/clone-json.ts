/** A deep copy of what JSON can hold: several times as fast as `structuredClone`, which must be ready for anything. */
export function cloneJson<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // assigned plainly, this one name would set the prototype
    if (key === '__proto__')
      Object.defineProperty(result, key, { value: copy(item), enumerable: true, writable: true, configurable: true });
    else result[key] = copy(item);
  }
  return result;
}
