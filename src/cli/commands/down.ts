import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../lib/process-identity.ts';
import { deleteDataDirectory, isDataDirectory } from '../cluster/data-directory.ts';
import { checkClusterName, contextName, dataPlace, kubeconfigToWrite } from '../cluster/paths.ts';
import { Progress } from '../cluster/progress.ts';
import { type ClusterRecord, readRecord, readRunning, removeRecord } from '../cluster/record.ts';
import { CommandError, type CommandIo, defineCommand } from '../command.ts';
import { removeContext } from '../kubeconfig/remove-context.ts';

/** Pods get their grace period; after this long `down` says that it did not end rather than wait on. */
const stopLimitMilliseconds = 60_000;

export const downCommand = defineCommand({
  usage: '',
  examples: [
    { does: 'Stop; the next "fairlead up" finds everything as it was', line: 'fairlead down' },
    { does: 'Stop and remove the data and the kubeconfig entries', line: 'fairlead down --delete' },
    { does: 'Remove what a named cluster left, whether it runs or not', line: 'fairlead down --name scratch --delete' },
  ],
  flags: {
    name: { type: 'string', value: 'NAME', description: 'name of the cluster (default "default")' },
    data: {
      type: 'string',
      value: 'DIR',
      description: 'the data directory to delete, where it was given to "up" and the cluster does not run',
    },
    delete: { type: 'boolean', description: 'remove its data and its kubeconfig entries' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json'],
      description: 'print what was done in this form',
    },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io, signal }) {
    const name = checkClusterName(flags.name ?? 'default');
    const running = await readRunning(io.env, name);
    const record = running ?? (await readRecord(io.env, name));
    const left = running === undefined && flags.delete !== true ? await clearUp(record) : 0;
    if (running === undefined && flags.delete !== true && left === 0) {
      throw new CommandError(`no cluster named "${name}" runs: "fairlead status" lists those that do`);
    }
    if (running !== undefined) await stop(running, io, signal);
    const deleted =
      flags.delete === true
        ? await remove({ name, record, data: flags.data, kubeconfig: globals.kubeconfig, context: globals.context }, io)
        : [];
    await removeRecord(io.env, name);
    if (flags.output === 'json') {
      io.stdout.write(`${JSON.stringify({ name, stopped: running !== undefined, deleted }, null, 2)}\n`);
      return 0;
    }
    if (running !== undefined)
      io.stdout.write(
        `Cluster "${name}" stopped.${running.keepsData && flags.delete !== true ? ` Its data stays in ${running.directory}.` : ''}\n`,
      );
    if (left > 0)
      io.stdout.write(
        `Cluster "${name}" had been killed: what was left of its pods (${left} ${left === 1 ? 'process' : 'processes'}) has been ended.\n`,
      );
    for (const what of deleted) io.stdout.write(`Deleted ${what}.\n`);
    if (running === undefined && deleted.length === 0 && left === 0)
      throw new CommandError(`there is nothing of a cluster named "${name}" to delete`);
    return 0;
  },
});

/** Returns how many processes of its pods there were. */
async function clearUp(killed: ClusterRecord | undefined): Promise<number> {
  if (killed === undefined) return 0;
  const { clearAfterKill } = await import('../cluster/clear-after-kill.ts');
  return clearAfterKill(killed);
}

async function stop(record: ClusterRecord, io: CommandIo, signal: AbortSignal): Promise<void> {
  const progress = new Progress(io.stderr);
  progress.begin(`stopping cluster "${record.name}"`);
  try {
    process.kill(record.process.pid, 'SIGTERM');
    const deadline = Date.now() + stopLimitMilliseconds;
    while (isAlive(record.process)) {
      if (Date.now() > deadline) {
        throw new CommandError(
          `cluster "${record.name}" (process ${record.process.pid}) did not end within ${stopLimitMilliseconds / 1000} s: look at what its pods do, then try again`,
        );
      }
      await delay(20, undefined, { signal });
    }
  } finally {
    progress.end();
  }
}

async function remove(
  what: {
    name: string;
    record: ClusterRecord | undefined;
    data: string | undefined;
    kubeconfig: string | undefined;
    context: string | undefined;
  },
  io: CommandIo,
): Promise<string[]> {
  const deleted: string[] = [];
  const place = dataPlace(io.env, { name: what.name, data: what.data, cwd: io.cwd });
  const directory = what.record?.directory ?? (place.kind === 'directory' ? place.directory : undefined);
  if (directory !== undefined && (await isDataDirectory(directory))) {
    await deleteDataDirectory(directory);
    deleted.push(directory);
  }
  const file = what.record?.kubeconfig ?? kubeconfigToWrite(io.env, what.kubeconfig, io.cwd);
  const context = what.record?.context ?? what.context ?? contextName(what.name);
  if (await removeContext({ file, name: context })) deleted.push(`context ${context} from ${file}`);
  return deleted;
}
