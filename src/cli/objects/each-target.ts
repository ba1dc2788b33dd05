/** One object after the other: what fails is told at its place, the others are still done. */
import { StatusError } from '../../api/status.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { statusLine } from '../print/status-line.ts';
import type { Target } from './select-targets.ts';

/** The exit code: 1 when one failed. Errors that concern no single object are thrown. */
export async function eachTarget(
  targets: readonly Target[],
  { io, signal, doing = 'processing' }: { io: Pick<CommandIo, 'stderr'>; signal: AbortSignal; doing?: string },
  act: (target: Target) => Promise<void>,
): Promise<number> {
  let failed = false;
  for (const target of targets) {
    signal.throwIfAborted();
    try {
      await act(target);
    } catch (error) {
      if (error instanceof StatusError && error.code !== 401) io.stderr.write(`${failureLine(error, target, doing)}\n`);
      else if (error instanceof CommandError) io.stderr.write(`error: ${escapeControls(error.message)}\n`);
      else throw error;
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

/** kubectl's form, in which a file that held the object is named. */
function failureLine(error: StatusError, { source }: Target, doing: string): string {
  const line = statusLine(error);
  if (source === undefined) return line;
  return line.replace(
    /^Error from server( \([^)]*\))?: /,
    (_, reason: string | undefined) =>
      `Error from server${reason ?? ''}: error when ${doing} ${JSON.stringify(source)}: `,
  );
}
