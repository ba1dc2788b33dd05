/** Objects as `-o json` and `-o yaml` print them: keys in order, in kubectl's indentation. */
import { goJson } from '../../lib/go-json.ts';
import type { CommandIo } from '../command.ts';
import { formatYaml } from './yaml/format-yaml.ts';

export type StructuredFormat = 'json' | 'yaml';

/** One document with a newline at its end. Control characters are escaped, those of terminals' upper half only on terminals. */
export async function formatStructured(
  value: unknown,
  format: StructuredFormat,
  stdout: CommandIo['stdout'],
  options: { keepOrder?: boolean } = {},
): Promise<string> {
  const text = format === 'json' ? formatJson(value, options) : formatYaml(value);
  if (stdout.isTTY !== true) return text;
  return text.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function formatJson(value: unknown, options: { keepOrder?: boolean }): string {
  return `${goJson(value, '    ', options)}\n`;
}
