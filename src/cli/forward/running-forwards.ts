/** `forward --status` and `--stop`: the forwards of this user that run, whoever started them. */
import { CommandError, type CommandIo } from '../command.ts';
import { formatStructured } from '../print/structured.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';
import { type RecordedForwards, recordedForwardProcesses } from '../proxy/running-gateways.ts';
import { askControl } from './control.ts';
import type { ForwardStatus } from './forward.ts';
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

/** `which`: local ports, or targets as `--status` names them; none: all. Others stay as they are. */
export async function stopForwards(which: readonly string[], io: CommandIo): Promise<number> {
  const processes = await recordedForwardProcesses(io.env);
  const found = new Set<string>();
  const stopped: string[] = [];
  for (const each of processes) {
    if (each.control === null) continue;
    const chosen = (await statusOf(each)).filter(({ local, to }) => {
      const by = which.filter((word) => word === String(local) || word === `localhost:${local}` || word === to);
      for (const word of by) found.add(word);
      return which.length === 0 || by.length > 0;
    });
    if (chosen.length === 0) continue;
    const left = await askControl(each.control, { ask: 'stop', ports: chosen.map(({ local }) => local) });
    if (left !== undefined) stopped.push(...chosen.map(({ local, to }) => `localhost:${local} to ${to}`));
  }
  for (const line of stopped) io.stdout.write(`Stopped forwarding ${line}\n`);
  const missing = which.find((word) => !found.has(word));
  if (missing !== undefined)
    throw new CommandError(`no forward "${missing}" runs: "fairlead forward --status" lists those that do`);
  if (stopped.length === 0) throw new CommandError('no forward runs');
  return 0;
}
