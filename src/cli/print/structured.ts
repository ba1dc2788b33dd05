/** Objects as `-o json` and `-o yaml` print them: keys in order, in kubectl's indentation. */
import { type FieldOrder, goJson } from '../../lib/go-json.ts';
import type { CommandIo } from '../command.ts';
import { formatYaml } from './yaml/format-yaml.ts';

export type StructuredFormat = 'json' | 'yaml';

interface StructuredOptions {
  /** What JSON calls objects are structs whose fields stay in their order. */
  keepOrder?: boolean;
  /** Of the structs that kubectl writes as JSON. */
  order?: FieldOrder | undefined;
  /** JSON without blanks. */
  compact?: boolean;
}

/** One document with a newline at its end. Control characters are escaped, those of terminals' upper half only on terminals. */
export async function formatStructured(
  value: unknown,
  format: StructuredFormat,
  stdout: CommandIo['stdout'],
  options: StructuredOptions = {},
): Promise<string> {
  const text = format === 'json' ? formatJson(value, options) : formatYaml(value);
  if (stdout.isTTY !== true) return text;
  return text.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function formatJson(value: unknown, { compact = false, ...options }: StructuredOptions): string {
  return `${goJson(value, compact ? '' : '    ', options)}\n`;
}
