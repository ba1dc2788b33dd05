/** Paths that something on the way could shorten, so that they lead elsewhere than they say. */

/** Servers in a row may each decode once; nobody sends more than this in earnest. */
const mostDecodings = 3;

/** True where a `.` or `..` segment shows in the path (raw, without the query), or would once it is decoded. */
export function hasDotSegment(path: string): boolean {
  let plain = path;
  for (let i = 0; i < mostDecodings && plain.includes('%'); i++) {
    plain = plain.replace(/%(2e|2f|3b|5c|25)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  // Some servers take what follows a semicolon for parameters of the segment.
  return plain.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment));
}
