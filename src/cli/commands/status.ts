import { checkClusterName } from '../cluster/paths.ts';
import { type ClusterRecord, listRunning } from '../cluster/record.ts';
import { factLines, factsOf } from '../cluster/summary.ts';
import { defineCommand } from '../command.ts';

export const statusCommand = defineCommand({
  usage: '',
  description: 'Exit code 0 when a cluster runs (the named one, with --name), else 1.',
  examples: [
    { does: 'All clusters of this user', line: 'fairlead status' },
    { does: 'For a script', line: 'fairlead status --name ci -o json' },
  ],
  flags: {
    name: { type: 'string', value: 'NAME', description: 'only this cluster' },
    output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['json'], description: 'print in this form' },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, io }) {
    const name = flags.name === undefined ? undefined : checkClusterName(flags.name);
    const running = (await listRunning(io.env)).filter((record) => name === undefined || record.name === name);
    if (flags.output === 'json') {
      io.stdout.write(`${JSON.stringify({ clusters: running.map((record) => factsOf(record)) }, null, 2)}\n`);
    } else if (running.length === 0) {
      const which = name === undefined ? 'No cluster runs' : `No cluster named "${name}" runs`;
      io.stdout.write(
        `${which}. Start one with: fairlead up${name === undefined || name === 'default' ? '' : ` --name ${name}`}\n`,
      );
    } else {
      io.stdout.write(`${running.map((record) => describe(record, io.env)).join('\n')}`);
    }
    return running.length === 0 ? 1 : 0;
  },
});

function describe(record: ClusterRecord, env: Readonly<Record<string, string | undefined>>): string {
  const head = `Cluster "${record.name}" runs since ${record.since} (process ${record.process.pid}).`;
  return [head, ...factLines(record, env), ''].join('\n');
}
