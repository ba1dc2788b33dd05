/**
 * The URL of a program of this source tree, to be run as a process or thread of its own: `path` is relative to `from`
 * (`import.meta.url` of the caller) and ends in `.ts`. In the published package, where the caller is emitted JavaScript, it is
 * the `.js` beside it.
 */
export function programUrl(path: string, from: string): URL {
  return new URL(from.endsWith('.ts') ? path : path.replace(/\.ts$/, '.js'), from);
}
