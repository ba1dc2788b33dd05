/** `forward --status` and `--stop`: the forwards of this user that run, whoever started them. */
import { CommandError, type CommandIo } from '../command.ts';
import { formatStructured } from '../print/structured.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';
import { type RecordedForwards, recordedForwardProcesses } from '../proxy/running-gateways.ts';
import { askControl } from './control.ts';
import type { ForwardStatus } from './forward.ts';
import { forwardsMeant } from './named-forward.ts';
import { stateText } from './reports.ts';

interface RunningForward extends ForwardStatus {
  pid: number;
}

/** The exit code: 1 when none runs. */
export async function printForwardStatus(io: CommandIo, format: 'json' | undefined): Promise<number> {
  const processes = await recordedForwardProcesses(io.env);
  const all = (await Promise.all(processes.map(statusOf))).flat();
  if (format === 'json') {
    io.stdout.write(await formatStructured({ forwards: all }, 'json', io.stdout, { keepOrder: true }));
  } else if (all.length === 0) {
    io.stdout.write('No forward runs. Start one with: fairlead forward NAMESPACE/SERVICE:PORT=LOCALPORT\n');
  } else {
    const rows = all.map(({ local, to, connections, state, pid }) =>
      [`localhost:${local}`, to, `${connections.open} of ${connections.total}`, String(pid), stateText(state)].map(
        cellText,
      ),
    );
    io.stdout.write(new TableLayout().lines([['LOCAL', 'TO', 'CONNECTIONS', 'PROCESS', 'STATE'], ...rows]));
  }
  return all.length === 0 ? 1 : 0;
}

async function statusOf({ control, pid }: RecordedForwards): Promise<RunningForward[]> {
  const statuses = control === null ? undefined : await askControl(control, { ask: 'status' });
  return (statuses ?? []).filter(({ state }) => state.kind !== 'failed').map((status) => ({ ...status, pid }));
}

/**
 * `which`: local ports, or targets as `--status` names them or as they were started; none: all. Others stay as they are.
 * Throws CommandError, before any is stopped, for a word that means none or may mean several.
 */
export async function stopForwards(which: readonly string[], io: CommandIo): Promise<number> {
  const processes = (await recordedForwardProcesses(io.env)).filter(({ control }) => control !== null);
  const running = (await Promise.all(processes.map(statusOf))).flat();
  const chosen = which.length === 0 ? running : [...new Set(which.flatMap((word) => meant(word, running)))];
  const stopped: string[] = [];
  for (const { control, pid } of processes) {
    const own = chosen.filter((each) => each.pid === pid);
    if (control === null || own.length === 0) continue;
    const left = await askControl(control, { ask: 'stop', ports: own.map(({ local }) => local) });
    if (left !== undefined) stopped.push(...own.map(({ local, to }) => `localhost:${local} to ${to}`));
  }
  for (const line of stopped) io.stdout.write(`Stopped forwarding ${line}\n`);
  if (stopped.length === 0) throw new CommandError('no forward runs');
  return 0;
}

function meant(word: string, running: readonly RunningForward[]): readonly RunningForward[] {
  const found = forwardsMeant(word, running);
  if (found.length === 0)
    throw new CommandError(`no forward "${word}" runs: "fairlead forward --status" lists those that do`);
  const names = new Set(found.map(({ to }) => to));
  if (names.size === 1) return found;
  throw new CommandError(
    `"${word}" may mean ${[...names].join(' or ')}: name one as here, or its local port (${found.map(({ local }) => local).join(', ')})`,
  );
}
