/** The output of the emitter and where it stands in it: libyaml's rules for blanks, indents and long lines. */
import { isBreak, isPrintable, type ScalarStyle } from './scalar-style.ts';

const lineWidth = 80;

const shortEscapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '"': '"',
  '\\': '\\',
  '\u0085': 'N',
  '\u00a0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

export class YamlWriter {
  #parts: string[] = [];
  #column = 0;
  #afterBlank = true;
  #inIndent = true;

  get text(): string {
    return this.#parts.join('');
  }

  /** Whether nothing but blanks and indicators such as `- ` stands on the line. */
  get inIndent(): boolean {
    return this.#inIndent;
  }

  /** A new line at this column, unless the line is still empty up to it. */
  indent(column: number): void {
    if (!this.#inIndent || this.#column > column || (this.#column === column && !this.#afterBlank)) this.#put('\n');
    while (this.#column < column) this.#put(' ');
    this.#afterBlank = true;
    this.#inIndent = true;
  }

  /** `beginsIndent`: what follows on the line is indented as the line is. */
  indicator(text: string, { spaced = false, beginsIndent = false } = {}): void {
    if (spaced && !this.#afterBlank) this.#put(' ');
    this.#put(text);
    this.#afterBlank = false;
    this.#inIndent &&= beginsIndent;
  }

  scalar(text: string, style: ScalarStyle, { column, folds }: { column: number; folds: boolean }): void {
    if (style === 'literal') this.#literal(text, column);
    else if (style === 'plain' && (!folds || this.#column + text.length <= lineWidth)) {
      this.indicator('', { spaced: true });
      this.#put(text);
    } else this.#folded(Array.from(text), style, { column, folds });
  }

  #folded(characters: string[], style: ScalarStyle, { column, folds }: { column: number; folds: boolean }): void {
    const mayFold = (at: number): boolean => folds && this.#column > lineWidth && characters[at - 1] !== ' ';
    if (style === 'double') this.#double(characters, { column, mayFold });
    else {
      const quote = style === 'single' ? "'" : '';
      this.indicator(quote, { spaced: true });
      this.#flowing(characters, { column, mayFold, quote });
      this.indicator(quote);
    }
  }

  /** A character, or printable ones with a break at most at their end. */
  #put(text: string): void {
    this.#parts.push(text);
    this.#column = isBreak(text.at(-1)) ? 0 : this.#column + text.length;
  }

  #flowing(characters: string[], options: { column: number; mayFold: (at: number) => boolean; quote: string }): void {
    const { column, mayFold, quote } = options;
    for (const [at, character] of characters.entries()) {
      const [before, after] = [characters[at - 1], characters[at + 1]];
      if (character === ' ' && at > 0 && after !== undefined && after !== ' ' && mayFold(at)) this.indent(column);
      else if (isBreak(character)) {
        this.#put(character);
        this.#inIndent = true;
      } else {
        if (isBreak(before)) this.indent(column);
        if (character === quote) this.#put(quote);
        this.#put(character);
        if (character !== ' ') this.#inIndent = false;
      }
    }
  }

  #double(characters: string[], { column, mayFold }: { column: number; mayFold: (at: number) => boolean }): void {
    this.indicator('"', { spaced: true });
    for (const [at, character] of characters.entries()) {
      const after = characters[at + 1];
      if (!isPrintable(character) || isBreak(character) || character === '"' || character === '\\') {
        for (const each of escaped(character)) this.#put(each);
      } else if (character === ' ' && at > 0 && after !== undefined && mayFold(at)) {
        this.indent(column);
        if (after === ' ') this.#put('\\');
      } else this.#put(character);
    }
    this.indicator('"');
  }

  #literal(text: string, column: number): void {
    const lines = text.split(/(?<=[\n\u0085\u2028\u2029])/);
    const last = lines.at(-1) ?? '';
    const chomping = isBreak(last) ? '+' : isBreak(last.at(-1)) ? '' : '-';
    this.indicator(`|${/^[ \n\u2028\u2029]/.test(text) ? '2' : ''}${chomping}`, { spaced: true });
    this.#put('\n');
    this.#inIndent = true;
    this.#afterBlank = true;
    for (const line of lines) {
      if (!isBreak(line)) this.indent(column);
      this.#put(line);
      this.#inIndent = isBreak(line.at(-1));
    }
  }
}

function escaped(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return `\\${short}`;
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
