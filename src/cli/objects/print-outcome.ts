/** What was done to an object: `deployment.apps/web created`, or the object itself in the form that -o asks for. */
import type { UnstructuredObject } from '../../api/object.ts';
import { type CommandIo, UsageError } from '../command.ts';
import type { FlagTable, FlagValues } from '../flags.ts';
import { escapeControls } from '../print/escape.ts';
import { kindPrefix, nameLine } from '../print/name-line.ts';
import { openObjectPrinter } from '../print/object-printer.ts';
import { outputFlags, parseOutputFormat } from '../print/output-format.ts';
import { type DryRun, dryRunSuffix } from './dry-run.ts';
import type { Target } from './select-targets.ts';

export const outcomeFlags = {
  ...outputFlags,
  output: {
    ...outputFlags.output,
    description: 'instead of a sentence: json, yaml, name, jsonpath=TEMPLATE, custom-columns=SPEC, …',
    suggest: outputFlags.output.suggest.filter((form) => form !== 'wide'),
  },
} as const satisfies FlagTable;

export interface Outcome {
  /** As the server has it now, or as it would be sent. */
  object: UnstructuredObject;
  /** `created`, `scaled`. */
  done: string;
}

export interface OutcomePrinter {
  /** A sentence or a name for each object; the other forms print whole objects. */
  readonly isWhole: boolean;
  /** Prints one object after the other. */
  print(outcome: Outcome): Promise<void>;
  /** Prints objects as one: the only one, or a List of all. For forms that are whole. */
  printTogether(objects: readonly UnstructuredObject[]): Promise<void>;
}

interface OutcomeOptions {
  flags: FlagValues<typeof outcomeFlags>;
  dryRun: DryRun;
  /** Objects made from words: structs to kubectl, where those of files are maps. */
  generated?: boolean;
}

/** Throws UsageError, KubectlOnly or CommandError for an --output that cannot be. */
export async function openOutcomePrinter(
  { stdout, cwd }: Pick<CommandIo, 'stdout' | 'cwd'>,
  { flags, dryRun, generated = false }: OutcomeOptions,
): Promise<OutcomePrinter> {
  const format = await parseOutputFormat(flags.output, { template: flags.template, cwd });
  if (format.kind === 'table') {
    if (format.wide) throw new UsageError('-o wide is for tables: allowed are json, yaml, name and templates');
    const sentence = async ({ object, done }: Outcome): Promise<void> => {
      stdout.write(`${nameLine(object).trimEnd()} ${done}${dryRunSuffix(dryRun)}\n`);
    };
    return { isWhole: false, print: sentence, printTogether: async () => {} };
  }
  const options = {
    allowMissingKeys: flags['allow-missing-template-keys'],
    showManagedFields: flags['show-managed-fields'],
  };
  const printer = await openObjectPrinter(format, options, stdout);
  const { listOrder, structOrder } = await import('../print/struct-order.ts');
  return {
    isWhole: format.kind !== 'name',
    async print({ object }) {
      stdout.write(await printer.print({ ...object }, generated ? structOrder(object) : undefined));
    },
    async printTogether(objects) {
      const [only, more] = objects;
      if (only === undefined) return;
      const list = { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects };
      stdout.write(await (more === undefined ? printer.print({ ...only }) : printer.print(list, listOrder)));
    },
  };
}

/** `deployment.apps/web`. */
export function targetName({ type, name }: Target): string {
  return escapeControls(`${kindPrefix(type)}/${name}`);
}
