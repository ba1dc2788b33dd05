/** How runs of a container are told in its status. */
import type { ContainerState } from '../../api/types/core-v1.ts';
import type { ContainerExit } from '../runtime/runtime.ts';

export function terminated(
  exit: ContainerExit,
  containerID: string | undefined,
): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: exit.exitCode,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    reason: exit.reason,
    ...(exit.message === undefined ? {} : { message: exit.message }),
    startedAt: seconds(exit.startedAt),
    finishedAt: seconds(exit.finishedAt),
    ...(containerID === undefined ? {} : { containerID }),
  };
}

/** How a run ended that nobody watched end. */
export function endedBefore(state: ContainerState | undefined): NonNullable<ContainerState['terminated']> {
  return (
    state?.terminated ?? {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the node was started again',
      ...(state?.running?.startedAt === undefined ? {} : { startedAt: state.running.startedAt }),
    }
  );
}

/** RFC 3339 in whole seconds. */
export function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** As Go writes durations: `10s`, `1m20s`. */
export function formatWait(milliseconds: number): string {
  const total = milliseconds / 1000;
  const minutes = Math.floor(total / 60);
  return minutes === 0 ? `${total}s` : `${minutes}m${total % 60}s`;
}
