/** A client at the main process of a container. */
import type { AttachedOutputs } from './attached-outputs.ts';
import { feedInput } from './feed-input.ts';
import type { Attachment } from './runtime.ts';
import type { StartedProcess } from './started-process.ts';

/** Never rejects. */
export async function attach(
  { stdin, stdout, stderr, terminal, endsStdin, signal }: Attachment,
  started: StartedProcess,
  outputs: AttachedOutputs,
  exited: Promise<unknown>,
): Promise<'ended' | 'too slow'> {
  const slow = Promise.withResolvers<'too slow'>();
  const left = Promise.withResolvers<'ended'>();
  const leave = () => left.resolve('ended');
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  const detach = outputs.add({
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    tooSlow: () => slow.resolve('too slow'),
  });
  if (terminal?.latest !== undefined) started.terminal?.resize(terminal.latest);
  const stopSizes = terminal?.onChange((size) => started.terminal?.resize(size));
  const { stdin: input } = started;
  if (input === null) stdin?.resume();
  else if (stdin !== undefined) feedInput(stdin, input, endsStdin);
  const outcome = await Promise.race([slow.promise, left.promise, exited.then(() => 'ended' as const)]);
  signal.removeEventListener('abort', leave);
  detach();
  stopSizes?.();
  if (input !== null && stdin !== undefined) {
    stdin.unpipe(input);
    stdin.resume();
    if (endsStdin) input.end();
  }
  return outcome;
}
