/** One object after the other: what fails is told at its place, the others are still done. */
import { StatusError } from '../../api/status.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { hintLine } from '../hint.ts';
import { type NameReader, withNameHint } from '../name-hint.ts';
import { escapeControls } from '../print/escape.ts';
import { answerLine, statusLine } from '../print/status-line.ts';
import type { Target } from './select-targets.ts';

/**
 * The exit code: 1 when one failed, or could not be chosen, which is told last. Errors that concern no single object are
 * thrown. `act` may name what it is about to do, for the sentence about a failure.
 */
export async function eachTarget(
  { targets, problems }: { targets: readonly Target[]; problems: readonly CommandError[] },
  {
    objects,
    io,
    signal,
    doing: usual = 'processing',
  }: { objects: { reader: NameReader }; io: Pick<CommandIo, 'stderr'>; signal: AbortSignal; doing?: string },
  act: (target: Target, now: (doing: string) => void) => Promise<void>,
): Promise<number> {
  let failed = problems.length > 0;
  for (const target of targets) {
    signal.throwIfAborted();
    let doing = usual;
    try {
      await act(target, (now) => {
        doing = now;
      });
    } catch (error) {
      if (error instanceof StatusError && error.code !== 401) {
        await withNameHint(error, [target], objects.reader);
        io.stderr.write(`${failureLine(error, target, doing)}\n${hintLine(error)}`);
      } else if (error instanceof CommandError)
        io.stderr.write(`error: ${escapeControls(error.message)}\n${hintLine(error)}`);
      else throw error;
      failed = true;
    }
  }
  for (const { message } of problems) io.stderr.write(`error: ${escapeControls(message)}\n`);
  return failed ? 1 : 0;
}

/** kubectl's form, in which a file that held the object is named. */
function failureLine(error: StatusError, { source }: Target, doing: string): string {
  if (source === undefined) return statusLine(error);
  return answerLine(error).replace(
    /^Error from server( \([^)]*\))?: /,
    (_, reason: string | undefined) =>
      `Error from server${reason ?? ''}: error when ${doing} ${JSON.stringify(source)}: `,
  );
}
