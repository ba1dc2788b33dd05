/** What is being completed: read from an unfinished command line, in which anything may be wrong. */
import type { FlagSpec, FlagTable } from '../flags.ts';

export type Cursor =
  | { at: 'flag name' }
  /** `prefix` is what of the word comes before the value: `--output=`, `-n`, or nothing. */
  | { at: 'flag value'; spec: FlagSpec; prefix: string }
  | { at: 'argument'; index: number };

export interface ParsedWords {
  args: string[];
  /** Flags and their values that are complete, for `parseFlags`. */
  flagWords: string[];
  cursor: Cursor;
}

/** `words` are those before the cursor, without the command's own; `current` is the one under it, as far as it goes. */
export function parseWords(words: readonly string[], current: string, table: FlagTable): ParsedWords {
  const args: string[] = [];
  const flagWords: string[] = [];
  let onlyArguments = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (onlyArguments || !word.startsWith('-') || word === '-') args.push(word);
    else if (word === '--') onlyArguments = true;
    else {
      const spec = specOf(word, table);
      if (spec === undefined) continue;
      const takesNext = !word.includes('=') && spec.type !== 'boolean' && spec.bare === undefined && isWhole(word);
      if (takesNext && index === words.length - 1) {
        return { args, flagWords, cursor: { at: 'flag value', spec, prefix: '' } };
      }
      flagWords.push(word);
      if (takesNext) flagWords.push(words[++index] ?? '');
    }
  }
  const argument: Cursor = { at: 'argument', index: args.length };
  if (onlyArguments || !current.startsWith('-')) return { args, flagWords, cursor: argument };
  const equals = current.indexOf('=');
  const spec = equals < 0 ? undefined : specOf(current, table);
  if (spec === undefined) return { args, flagWords, cursor: { at: 'flag name' } };
  return { args, flagWords, cursor: { at: 'flag value', spec, prefix: current.slice(0, equals + 1) } };
}

/** `--name` or `-n`, and not `-nvalue`. */
function isWhole(word: string): boolean {
  return word.startsWith('--') || word.length === 2;
}

function specOf(word: string, table: FlagTable): FlagSpec | undefined {
  if (word.startsWith('--')) {
    const name = word.slice(2).split('=')[0] ?? '';
    return Object.hasOwn(table, name) ? table[name] : undefined;
  }
  return Object.values(table).find((spec) => spec.short === word.slice(1, 2));
}
