/** Which names a pattern of Go's `path/filepath` matches (`*`, `?`, `[a-z]`, `[^a-z]`, `\` before what counts as itself). */

/** A pattern that is not well-formed, as an open `[`. */
export class BadPattern extends Error {
  override readonly name = 'BadPattern';
}

/** It is to be looked for, not just a path. */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text);
}

/** Matches whole names in which there is no `/`. Throws BadPattern. */
export function compilePattern(pattern: string): RegExp {
  const characters = [...pattern];
  let source = '';
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] ?? '';
    at += 1;
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '[') {
      const set = readSet(characters, at);
      source += set.source;
      at = set.end;
    } else if (character === '\\') {
      source += literal(characters[at]);
      at += 1;
    } else source += literal(character);
  }
  // Of stars in a row all but one would only make the search longer.
  return new RegExp(`^${source.replace(/(?:\.\*)+/g, '.*')}$`, 'su');
}

/** From after its `[` to after its `]`. A range from high to low has no character. */
function readSet(characters: readonly string[], start: number): { source: string; end: number } {
  const negated = characters[start] === '^';
  let at = negated ? start + 1 : start;
  let ranges = '';
  for (let count = 0; count === 0 || characters[at] !== ']'; count += 1) {
    const low = readMember(characters, at);
    const high = characters[low.end] === '-' ? readMember(characters, low.end + 1) : low;
    if (Number(low.character.codePointAt(0)) <= Number(high.character.codePointAt(0))) {
      ranges += `${literal(low.character)}-${literal(high.character)}`;
    }
    at = high.end;
  }
  return { source: `[${negated ? '^' : ''}${ranges}]`, end: at + 1 };
}

function readMember(characters: readonly string[], start: number): { character: string; end: number } {
  const escaped = characters[start] === '\\';
  const at = escaped ? start + 1 : start;
  const character = characters[at];
  const plain = escaped || (character !== '-' && character !== ']');
  // After the last member there is always a `]`.
  if (character === undefined || !plain || at + 1 >= characters.length)
    throw new BadPattern('a [ is not followed by characters, ranges such as a-z, and ]');
  return { character, end: at + 1 };
}

/** Undefined: the pattern ended after a `\`. */
function literal(character: string | undefined): string {
  if (character === undefined) throw new BadPattern('nothing follows its last \\');
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
