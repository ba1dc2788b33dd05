/** The escapes of Go's string literals, which JSONPath templates have. */
import { JsonPathError } from './template.ts';

const simple: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\u000b',
  '\\': '\\',
};

const escapes = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S])|$)/g;

/** The text between the quotes. Throws JsonPathError for an escape that does not exist. */
export function unquote(text: string, quote: string): string {
  return text.replace(escapes, (whole, hex, short, long, octal, letter: string | undefined) => {
    const number = hex ?? short ?? long;
    if (number !== undefined) return codePoint(Number.parseInt(number, 16), text);
    if (octal !== undefined) return codePoint(Number.parseInt(octal, 8), text);
    const plain = letter === quote ? quote : letter === undefined ? undefined : simple[letter];
    if (plain === undefined) throw new JsonPathError(`unquote string ${whole} error invalid syntax`);
    return plain;
  });
}

function codePoint(value: number, text: string): string {
  if (value > 0x10ffff) throw new JsonPathError(`unquote string ${text} error invalid syntax`);
  return String.fromCodePoint(value);
}
