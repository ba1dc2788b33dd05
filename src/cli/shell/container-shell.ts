/** A shell in a container: bash where there is one, else sh. */
import { buffer } from 'node:stream/consumers';
import { StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { openPod } from '../../client/pod.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { explainedByState } from '../pods/explain-container.ts';
import { runSession } from '../pods/session.ts';

export interface ShellPlace {
  client: ClusterClient;
  pod: Pod;
  container: string;
  io: CommandIo;
  signal: AbortSignal;
}

const findShell = 'command -v bash || command -v sh';

/** The shell's path; undefined where the container has none. Throws StatusError, CommandError. */
export async function shellOf({ client, pod, container, signal }: Omit<ShellPlace, 'io'>): Promise<string | undefined> {
  const { name = '', namespace = '' } = pod.metadata;
  try {
    const session = await openPod(client, namespace, name).exec(['sh', '-c', findShell], { container, signal });
    session.stdin.end();
    session.stderr.resume();
    const [said, code] = await Promise.all([buffer(session.stdout), session.exitCode]);
    const [path = ''] = said.toString('utf8').split('\n');
    if (code === 0 && path !== '') return path;
    // What could not be started is told as an exit code too.
    return code === 126 || code === 127 ? undefined : 'sh';
  } catch (error) {
    if (error instanceof StatusError && /executable file not found|no such file or directory/i.test(error.message)) {
      return undefined;
    }
    throw explainedByState(error, pod, container);
  }
}

/** Returns the shell's exit code. Throws CommandError that names containers which have a shell, where this one has none. */
export async function runShell(place: ShellPlace): Promise<number> {
  const shell = await shellOf(place);
  if (shell === undefined) throw await withoutShell(place);
  return await sit(place, [shell]);
}

/** A command at the user's terminal. */
export async function sit(place: ShellPlace, command: readonly string[]): Promise<number> {
  const { client, pod, container, io, signal } = place;
  const { name = '', namespace = '' } = pod.metadata;
  const { code } = await runSession({
    io,
    signal,
    stdin: true,
    tty: true,
    // Commands that are piped to it need no terminal.
    quiet: true,
    open: (how) => openPod(client, namespace, name).exec(command, { ...how, container }),
  });
  return code;
}

async function withoutShell({ client, pod, container, signal }: ShellPlace): Promise<CommandError> {
  const others = (pod.spec?.containers ?? []).map(({ name }) => name).filter((name) => name !== container);
  const have: string[] = [];
  for (const other of others) {
    const found = await shellOf({ client, pod, container: other, signal }).catch(() => undefined);
    if (found !== undefined) have.push(other);
  }
  const name = pod.metadata.name ?? '';
  const way =
    have.length > 0
      ? `container ${have.join(', ')} has one: fairlead shell pod/${name} -c ${have[0]}`
      : `a container beside it brings one: kubectl debug -it ${name} --image=busybox --target=${container}`;
  return new CommandError(`container ${container} of pod ${name} has no shell; ${way}`);
}
