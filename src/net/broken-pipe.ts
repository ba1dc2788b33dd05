/** What a write meets when the other side has ended well and reads no more. */
export function brokenPipe(): Error {
  return Object.assign(new Error('the other side has ended and reads no more (EPIPE)'), { code: 'EPIPE' });
}
