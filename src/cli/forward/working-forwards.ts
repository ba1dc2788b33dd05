/** The forwards of this user that lead somewhere now. */
import { type RecordedForward, recordedForwardProcesses } from '../proxy/running-gateways.ts';
import { askControl } from './control.ts';

/** A process of this machine answers at once, or hangs. */
const patienceMs = 1500;

/** Those that are not down. A process that cannot be asked is believed; of one that does not answer none counts. */
export async function workingForwards(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly RecordedForward[]> {
  const processes = await recordedForwardProcesses(env);
  const working = await Promise.all(
    processes.map(async ({ forwards, control }) => {
      if (control === null) return forwards;
      const statuses = (await askControl(control, { ask: 'status' }, patienceMs)) ?? [];
      const ports = new Set(
        statuses.filter(({ state }) => state.kind !== 'down' && state.kind !== 'failed').map(({ local }) => local),
      );
      return forwards.filter(({ port }) => ports.has(port));
    }),
  );
  return working.flat();
}
