/** True where something was nested so deeply that the stack was too small to go through it. */
export function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}
