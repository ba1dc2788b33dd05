/** Objects as `-o json` and `-o yaml` print them: keys in order, in kubectl's indentation. */
import type { Tags } from 'yaml';
import { goJson } from '../../lib/go-json.ts';
import type { CommandIo } from '../command.ts';

export type StructuredFormat = 'json' | 'yaml';

/** One document with a newline at its end. Control characters are escaped, those of terminals' upper half only on terminals. */
export async function formatStructured(
  value: unknown,
  format: StructuredFormat,
  stdout: CommandIo['stdout'],
  options: { keepOrder?: boolean } = {},
): Promise<string> {
  const text = format === 'json' ? formatJson(value, options) : await formatYaml(value);
  if (stdout.isTTY !== true) return text;
  return text.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function formatJson(value: unknown, options: { keepOrder?: boolean }): string {
  return `${goJson(value, '    ', options)}\n`;
}

async function formatYaml(value: unknown): Promise<string> {
  const { Document, Scalar, visit } = await import('yaml');
  // Version 1.1 quotes what Go's parser would take for something else: yes, on, 0o7.
  const document = new Document(sortKeys(value), { version: '1.1', aliasDuplicateObjects: false, customTags });
  const isOther = (text: string): boolean =>
    /^0o|[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/.test(text) ||
    (/^\s/.test(text) && text.includes('\n')) ||
    document.schema.tags.some((tag) => tag.default === true && 'test' in tag && tag.test?.test(text) === true);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && isOther(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ indentSeq: false, lineWidth: 0, singleQuote: true });
}

/** A dot alone, a key of managed fields, is no number to Go's parser. */
function customTags(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag !== 'object' || tag.collection !== undefined || tag.test?.test('.') !== true) return tag;
    return { ...tag, test: new RegExp(`^(?!\\.$)(?:${tag.test.source})`) };
  });
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, field]) => [key, sortKeys(field)]));
}
