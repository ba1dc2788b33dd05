/** Keys by which a user leaves a terminal session, the program in it going on: `ctrl-p,ctrl-q`. */
import { Transform } from 'node:stream';
import { UsageError } from '../command.ts';

export const usualDetachKeys = 'ctrl-p,ctrl-q';

export const detachKeysFlag = {
  'detach-keys': {
    type: 'string',
    value: 'KEYS',
    description: `keys that leave the session, which goes on (default ${usualDetachKeys})`,
  },
} as const;

/** Throws UsageError. */
export function parseDetachKeys(text: string): Buffer {
  const codes = text.split(',').map((key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
    if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0);
    throw new UsageError(`invalid --detach-keys "${text}": letters and ctrl-LETTER, separated by commas, are needed`);
  });
  return Buffer.from(codes);
}

/** Passes keys on. What could be the beginning of `keys` waits until it is clear; all of them call `onDetach`. */
export function detachFilter(keys: Buffer, onDetach: () => void): Transform {
  let matched = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const passed: number[] = [];
      for (const byte of chunk) {
        if (byte !== keys[matched]) {
          passed.push(...keys.subarray(0, matched));
          matched = 0;
        }
        if (byte === keys[matched]) matched++;
        else passed.push(byte);
        if (matched === keys.length) {
          matched = 0;
          onDetach();
        }
      }
      done(null, Buffer.from(passed));
    },
    flush(done) {
      done(null, keys.subarray(0, matched));
    },
  });
}
