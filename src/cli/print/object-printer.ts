/** Prints objects, one after the other or as a list, in the form that `-o` asks for. */
import type { FieldOrder } from '../../lib/go-json.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { escapeControls } from './escape.ts';
import { JsonPathError } from './jsonpath/template.ts';
import { nameLine } from './name-line.ts';
import type { ObjectFormat } from './output-format.ts';
import { isOverflow } from './overflow.ts';
import { formatStructured } from './structured.ts';

export interface ObjectPrinterOptions {
  noHeaders?: boolean | undefined;
  /** `--allow-missing-template-keys`, on where it is not given. */
  allowMissingKeys?: boolean | undefined;
  showManagedFields?: boolean | undefined;
}

export interface ObjectPrinter {
  /**
   * The object as text: for YAML after a separator where it is not the first, for columns below those before it. `order`: of
   * its fields as JSON, where it is a struct to kubectl.
   */
  print(object: Readonly<Record<string, unknown>>, order?: FieldOrder): Promise<string>;
  /** An event of a watch, which as JSON is a line. */
  printEvent(event: WatchEvent): Promise<string>;
}

interface WatchEvent {
  type: string;
  object: Readonly<Record<string, unknown>>;
}

const eventOrder: FieldOrder = { place: (field) => (field === 'type' ? 0 : 1), inside: () => undefined };

/** Throws CommandError where a template asks for what cannot be. */
export async function openObjectPrinter(
  format: ObjectFormat,
  options: ObjectPrinterOptions,
  stdout: CommandIo['stdout'],
): Promise<ObjectPrinter> {
  const printer = await openPrinter(format, options, stdout);
  return {
    print: (object, order) => withinStack(() => printer.print(object, order)),
    printEvent: ({ type, object }) =>
      withinStack(async () => {
        if (format.kind !== 'json') return await printer.print({ type, object });
        return await formatStructured({ type, object }, 'json', stdout, { order: eventOrder, compact: true });
      }),
  };
}

async function withinStack(print: () => Promise<string>): Promise<string> {
  try {
    return await print();
  } catch (error) {
    if (isOverflow(error)) throw new CommandError('this cannot be printed: it is nested too deeply');
    throw error;
  }
}

async function openPrinter(
  format: ObjectFormat,
  { noHeaders, allowMissingKeys, showManagedFields }: ObjectPrinterOptions,
  stdout: CommandIo['stdout'],
): Promise<Pick<ObjectPrinter, 'print'>> {
  const shown = (object: Readonly<Record<string, unknown>>) =>
    showManagedFields === true ? object : withoutManagedFields(object);
  switch (format.kind) {
    case 'json':
      return { print: async (object, order) => await formatStructured(shown(object), 'json', stdout, { order }) };
    case 'yaml': {
      let count = 0;
      return {
        async print(object) {
          const text = await formatStructured(shown(object), 'yaml', stdout);
          return count++ === 0 ? text : `---\n${text}`;
        },
      };
    }
    case 'name':
      return { print: async (object) => itemsOf(object).map(nameLine).join('') };
    case 'jsonpath': {
      const { printJsonPath, printJsonPathAsJson } = await import('./jsonpath/print.ts');
      const print = format.asJson ? printJsonPathAsJson : printJsonPath;
      return {
        async print(object) {
          const text = orComplain(
            () => print(format.template, object, { strict: allowMissingKeys === false }),
            (reason) => `error executing jsonpath ${JSON.stringify(format.text)}: ${reason}`,
          );
          return stdout.isTTY === true ? escapeControls(text) : text;
        },
      };
    }
    case 'custom-columns': {
      const { CustomColumnsPrinter } = await import('./custom-columns.ts');
      const printer = new CustomColumnsPrinter(format.columns, { noHeaders: noHeaders === true });
      return { print: async (object) => orComplain(() => printer.lines(itemsOf(object)), String) };
    }
  }
}

/** What is printed of a list one by one. */
function itemsOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  return Array.isArray(object.items) ? object.items : [object];
}

function orComplain(print: () => string, say: (reason: string) => string): string {
  try {
    return print();
  } catch (error) {
    if (error instanceof JsonPathError) throw new CommandError(say(error.message));
    throw error;
  }
}

/** Who set which field is long and seldom wanted: kubectl leaves it out too, in the items of a list as well. */
export function withoutManagedFields(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { items } = object;
  const shown = Array.isArray(items) ? { ...object, items: items.map(withoutManagedFields) } : { ...object };
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null || !('managedFields' in metadata)) return shown;
  const { managedFields: _, ...kept } = metadata;
  return { ...shown, metadata: kept };
}
