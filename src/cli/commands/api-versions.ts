import { formatApiVersion } from '../../api/group-version.ts';
import { openApiReader } from '../api-reader.ts';
import { defineCommand } from '../command.ts';
import { discoverTypes } from '../get/resource-types.ts';
import { escapeControls } from '../print/escape.ts';

export const apiVersionsCommand = defineCommand({
  usage: '',
  examples: [{ does: 'All of them', line: 'fairlead api-versions' }],
  flags: {
    output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['json'], description: 'json: as a list' },
  },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { flags, io } = invocation;
    await using reader = await openApiReader(invocation);
    const types = await discoverTypes(reader, { fresh: true }).all();
    const versions = [...new Set(types.map(formatApiVersion))].sort();
    if (flags.output === 'json') io.stdout.write(`${JSON.stringify(versions, null, 4)}\n`);
    else io.stdout.write(versions.map((version) => escapeControls(`${version}\n`)).join(''));
    return 0;
  },
});
