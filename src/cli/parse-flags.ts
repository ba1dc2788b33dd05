/** Reads flags as kubectl (pflag) does: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, `-it`, `--` ends them. */
import { UsageError } from './command.ts';
import type { FlagSpec, FlagTable, FlagValues } from './flags.ts';
import { nearest } from './nearest.ts';

type Values = Record<string, string | boolean | number | string[] | undefined>;

export class UnknownFlag extends UsageError {
  /** Without its dashes. */
  readonly flag: string;

  constructor(message: string, flag: string) {
    super(message);
    this.flag = flag;
  }
}

export interface ParsedFlags<F extends FlagTable> {
  args: string[];
  flags: FlagValues<F>;
  /** How many of the arguments stand before `--`; absent where there is none. */
  dashAt?: number;
}

/** Throws `UsageError` that names the flag and, for an unknown one, the nearest that exists. */
export function parseFlags<F extends FlagTable>(argv: readonly string[], table: F): ParsedFlags<F> {
  const values: Values = {};
  for (const [name, spec] of Object.entries(table)) if (spec.type === 'list') values[name] = [];
  const args: string[] = [];
  let dashAt: number | undefined;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') {
      dashAt = args.length;
      args.push(...argv.slice(index + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      continue;
    }
    const { name, spec, inline } = word.startsWith('--')
      ? splitLong(word, table)
      : splitShort(word, table, (boolean) => {
          values[boolean] = true;
        });
    if (inline === undefined && spec.type !== 'boolean' && spec.bare === undefined) {
      index++;
      const next = argv[index];
      if (next === undefined) throw new UsageError(`flag needs an argument: ${word}`);
      store(values, name, spec, next);
    } else {
      store(values, name, spec, inline ?? spec.bare ?? 'true');
    }
  }
  // The table says which names exist and of which type each value is; `store` keeps to it.
  return { args, flags: values as FlagValues<F>, ...(dashAt !== undefined && { dashAt }) };
}

interface FlagWord {
  name: string;
  spec: FlagSpec;
  inline: string | undefined;
}

function splitLong(word: string, table: FlagTable): FlagWord {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const spec = Object.hasOwn(table, name) ? table[name] : undefined;
  if (spec === undefined) {
    const close = nearest(name, Object.keys(table));
    throw new UnknownFlag(`unknown flag: --${name}${close === undefined ? '' : ` (did you mean --${close}?)`}`, name);
  }
  return { name, spec, inline: equals < 0 ? undefined : word.slice(equals + 1) };
}

/** The last flag of the word; those before it take no value and are told to `set`. */
function splitShort(word: string, table: FlagTable, set: (name: string) => void): FlagWord {
  for (let letters = word.slice(1); ; letters = letters.slice(1)) {
    const letter = letters.slice(0, 1);
    const entry = Object.entries(table).find(([, spec]) => spec.short === letter);
    if (entry === undefined) throw new UnknownFlag(`unknown shorthand flag: '${letter}' in ${word}`, letter);
    const [name, spec] = entry;
    const rest = letters.slice(1);
    if (rest === '') return { name, spec, inline: undefined };
    if (rest.startsWith('=')) return { name, spec, inline: rest.slice(1) };
    if (spec.type !== 'boolean') return { name, spec, inline: rest };
    set(name);
  }
}

function store(values: Values, name: string, spec: FlagSpec, text: string): void {
  if (spec.choices !== undefined && !spec.choices.includes(text)) {
    throw new UsageError(`invalid value "${text}" for --${name}: allowed are ${spec.choices.join(', ')}`);
  }
  switch (spec.type) {
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new UsageError(`invalid value "${text}" for --${name}: true or false`);
      values[name] = text === 'true';
      return;
    case 'integer':
      if (!/^-?\d{1,15}$/.test(text))
        throw new UsageError(`invalid value "${text}" for --${name}: a whole number is needed`);
      values[name] = Number(text);
      return;
    case 'list': {
      const list = values[name];
      const given = spec.commas === true ? text.split(',').filter((part) => part !== '') : [text];
      values[name] = [...(Array.isArray(list) ? list : []), ...given];
      return;
    }
    case 'string':
      values[name] = text;
  }
}
