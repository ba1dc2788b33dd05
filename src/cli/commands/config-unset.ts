import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { preferencesOf, removeExtensions, writePreferences } from '../kubeconfig/preferences.ts';
import { parseProperty } from '../kubeconfig/property-path.ts';
import { removeEntry, writeCurrentContext, writeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configUnsetCommand = defineCommand({
  usage: 'PROPERTY',
  description:
    'A property is current-context, an entry (users.NAME), the field of one (contexts.NAME.namespace), all users, clusters, contexts, preferences or extensions, or preferences.colors.',
  examples: [
    { does: 'No namespace of its own any more', line: 'fairlead config unset contexts.dev.namespace' },
    { does: 'No current context', line: 'fairlead config unset current-context' },
  ],
  flags: {},
  arguments: { min: 1, max: 1 },
  async run({ args: [path = ''], globals, io }) {
    const property = parseProperty(path);
    const files = await readConfigFiles(globals, io);
    if (property.kind === 'current-context') await writeCurrentContext(files, '');
    else if (property.kind === 'extensions') await removeExtensions(files);
    else if (property.kind === 'preferences') {
      const none = { colors: false, extensions: new Map() };
      const { field } = property;
      const kept = preferencesOf(files.merged);
      await writePreferences(files, field === undefined ? none : { ...kept, [field]: none[field] });
    } else if (property.kind === 'list') {
      for (const name of files.merged[property.list].keys()) await removeEntry(files, property.list, name);
    } else if (property.kind === 'entry') {
      if (files.merged[property.list].has(property.name)) await removeEntry(files, property.list, property.name);
    } else {
      const { list, name, field } = property;
      if (!files.merged[list].has(name)) throw new CommandError(`current map key \`${name}\` is invalid`);
      await writeEntry(files, list, name, (fields) => ({ ...fields, [field]: undefined }));
    }
    io.stdout.write(escapeControls(`Property ${JSON.stringify(path)} unset.\n`));
    return 0;
  },
});
