/** `-o` of commands whose own output is no table of objects, and which print a whole object in every other form. */
import { type CommandIo, UsageError } from '../command.ts';
import type { FlagTable, FlagValues } from '../flags.ts';
import { openObjectPrinter } from './object-printer.ts';
import { outputFlags, parseOutputFormat } from './output-format.ts';

export const objectOutputFlags = {
  ...outputFlags,
  output: {
    ...outputFlags.output,
    description: 'the whole object: json, yaml, name, jsonpath=TEMPLATE, custom-columns=SPEC, …',
    suggest: outputFlags.output.suggest.filter((form) => form !== 'wide'),
  },
} as const satisfies FlagTable;

/** Undefined without -o. Throws UsageError, KubectlOnly or CommandError for an --output that cannot be. */
export async function openStructPrinter(
  flags: FlagValues<typeof objectOutputFlags>,
  { stdout, cwd }: Pick<CommandIo, 'stdout' | 'cwd'>,
): Promise<((object: Readonly<Record<string, unknown>>) => Promise<void>) | undefined> {
  const format = await parseOutputFormat(flags.output, { template: flags.template, cwd });
  if (format.kind === 'table') {
    if (format.wide) throw new UsageError('-o wide is for tables: allowed are json, yaml, name and templates');
    return undefined;
  }
  const options = {
    allowMissingKeys: flags['allow-missing-template-keys'],
    showManagedFields: flags['show-managed-fields'],
  };
  const printer = await openObjectPrinter(format, options, stdout);
  const { structOrder } = await import('./struct-order.ts');
  return async (object) => void stdout.write(await printer.print(object, structOrder(object)));
}
