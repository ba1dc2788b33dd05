/** `-o`: the forms in which objects are printed, for every command that has them. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError, KubectlOnly, UsageError } from '../command.ts';
import { fileProblem } from '../file-problem.ts';
import type { FlagTable } from '../flags.ts';
import { nearest } from '../nearest.ts';
import type { CustomColumn } from './custom-columns.ts';
import { JsonPathError, type Segment } from './jsonpath/template.ts';
import type { StructuredFormat } from './structured.ts';

export type OutputFormat =
  | { kind: 'table'; wide: boolean }
  | { kind: StructuredFormat }
  | { kind: 'name' }
  | { kind: 'jsonpath'; template: readonly Segment[]; text: string; asJson: boolean }
  | { kind: 'custom-columns'; columns: readonly CustomColumn[] };

/** What is not a table. */
export type ObjectFormat = Exclude<OutputFormat, { kind: 'table' }>;

/** Flags of commands that print objects in every form; `--output` itself is among them. */
export const outputFlags = {
  output: {
    type: 'string',
    short: 'o',
    value: 'FORMAT',
    description: 'wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=, jsonpath-file=, custom-columns=SPEC, …',
    suggest: ['wide', 'json', 'yaml', 'name', 'jsonpath=', 'custom-columns=', 'jsonpath-file=', 'custom-columns-file='],
  },
  template: {
    type: 'string',
    value: 'TEMPLATE',
    description: 'the template of -o jsonpath, or the file of jsonpath-file',
  },
  'allow-missing-template-keys': {
    type: 'boolean',
    description: 'a field that a template names and an object has not is no error (default true)',
  },
  'show-managed-fields': { type: 'boolean', description: 'with json and yaml: who set which field, too' },
} as const satisfies FlagTable;

const plainForms = ['wide', 'json', 'yaml', 'name'] as const;
const templateForms = [
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
  'custom-columns',
  'custom-columns-file',
] as const;
const kubectlForms = ['go-template', 'go-template-file', 'template', 'templatefile', 'kyaml'];

/** Throws UsageError for a form that is none, KubectlOnly for those of kubectl alone, CommandError for a bad template. */
export async function parseOutputFormat(
  output: string | undefined,
  { template, cwd }: { template?: string | undefined; cwd: string },
): Promise<OutputFormat> {
  if (output === undefined || output === '') {
    if (template !== undefined)
      throw new KubectlOnly('--template alone means -o go-template, which is not supported here');
    return { kind: 'table', wide: false };
  }
  const equals = output.indexOf('=');
  const kind = equals < 0 ? output : output.slice(0, equals);
  if (kubectlForms.includes(kind)) throw new KubectlOnly(`-o ${kind} is not supported here`);
  const plain = plainForms.find((form) => form === output);
  if (plain !== undefined) return plain === 'wide' ? { kind: 'table', wide: true } : { kind: plain };
  const form = templateForms.find((one) => one === kind);
  if (form === undefined) {
    const allowed = [...plainForms, ...templateForms.map((one) => `${one}=…`)].join(', ');
    const close = nearest(kind, [...plainForms, ...templateForms]);
    const hint = close === undefined ? '' : ` (did you mean ${close}?)`;
    throw new UsageError(`invalid value "${output}" for --output${hint}: allowed are ${allowed}`);
  }
  const argument = equals < 0 ? template : output.slice(equals + 1);
  if (argument === undefined || argument === '') {
    throw new UsageError(`-o ${form} needs a ${form.endsWith('file') ? 'file' : 'template'}: -o ${form}=…`);
  }
  const text = form.endsWith('-file') ? await readTemplate(resolve(cwd, argument), form) : argument;
  try {
    return await parseTemplate(form, text);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new CommandError(
      form.startsWith('jsonpath') ? `error parsing jsonpath ${text}, ${error.message}` : error.message,
    );
  }
}

async function parseTemplate(form: (typeof templateForms)[number], text: string): Promise<OutputFormat> {
  if (form === 'custom-columns' || form === 'custom-columns-file') {
    const { parseCustomColumns, parseCustomColumnsFile } = await import('./custom-columns.ts');
    return {
      kind: 'custom-columns',
      columns: form === 'custom-columns' ? parseCustomColumns(text) : parseCustomColumnsFile(text),
    };
  }
  const { parseJsonPath } = await import('./jsonpath/parse.ts');
  return { kind: 'jsonpath', template: parseJsonPath(text), text, asJson: form === 'jsonpath-as-json' };
}

async function readTemplate(file: string, form: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${fileProblem(error)}; check the path after -o ${form}=`);
  }
}
