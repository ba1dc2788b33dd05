/** What a pattern means: the tree that the parser makes. Only whether text matches is asked, so groups keep nothing. */

export type Assertion = 'begin-text' | 'end-text' | 'begin-line' | 'end-line' | 'word-boundary' | 'no-word-boundary';

export type Syntax =
  | { kind: 'empty' }
  | { kind: 'character'; matches(codePoint: number): boolean }
  | { kind: 'assertion'; assertion: Assertion }
  | { kind: 'sequence'; parts: readonly Syntax[] }
  | { kind: 'alternatives'; parts: readonly Syntax[] }
  | { kind: 'repetition'; of: Syntax; min: number; max: number | undefined };

/** The pattern is refused; the message quotes the part that is wrong. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
