import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { preferencesOf, writePreferences } from '../kubeconfig/preferences.ts';
import { parseProperty } from '../kubeconfig/property-path.ts';
import { writeCurrentContext, writeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configSetCommand = defineCommand({
  usage: 'PROPERTY VALUE',
  description:
    'A property is current-context, preferences.colors, or the field of an entry: clusters.NAME.server, contexts.NAME.namespace, users.NAME.token.',
  examples: [
    { does: 'Another address', line: 'fairlead config set clusters.dev.server https://10.0.0.1:6443' },
    {
      does: 'Data that is not base64 yet',
      line: 'fairlead config set clusters.dev.certificate-authority-data "$(cat ca.crt)" --set-raw-bytes',
    },
  ],
  flags: { 'set-raw-bytes': { type: 'boolean', description: 'the value of a field of data is not base64 yet' } },
  arguments: { min: 2, max: 2 },
  async run({ args: [path = '', value = ''], flags, globals, io }) {
    if (value === '') throw new CommandError('you cannot use set to unset a property');
    const property = parseProperty(path);
    const files = await readConfigFiles(globals, io);
    if (property.kind === 'current-context') await writeCurrentContext(files, value);
    else if (property.kind === 'preferences' && property.field === 'colors') {
      await writePreferences(files, { ...preferencesOf(files.merged), colors: parsedBoolean(value) });
    } else if (property.kind === 'extensions' || (property.kind === 'preferences' && property.field !== undefined)) {
      throw new CommandError(`"${path}" is no single value: use an editor`);
    } else if (property.kind !== 'field') throw new CommandError(`"${path}" has fields: say which one to set`);
    else {
      const { list, name, field, type } = property;
      const next = parsedValue(value, type, flags['set-raw-bytes'] === true);
      if (next === undefined) {
        throw new CommandError(`"${field}" is no single value: use set-cluster, set-credentials or an editor`);
      }
      await writeEntry(files, list, name, (fields) => ({ ...fields, [field]: next }));
    }
    io.stdout.write(escapeControls(`Property ${JSON.stringify(path)} set.\n`));
    return 0;
  },
});

/** Undefined for a field of another kind. */
function parsedValue(text: string, type: string, rawBytes: boolean): string | boolean | undefined {
  switch (type) {
    case 'text':
      return text;
    case 'boolean':
      return parsedBoolean(text);
    case 'data':
      if (rawBytes) return Buffer.from(text).toString('base64');
      if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ''))) {
        throw new CommandError('the value is not base64; --set-raw-bytes takes it as it is');
      }
      return text.replace(/[\r\n]/g, '');
    default:
      return undefined;
  }
}

function parsedBoolean(text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new CommandError('the value must be true or false');
}
