/** Work in a process of its own: what it loads and takes is gone with it, while a cluster's process lives long. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { json, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CommandError } from './command.ts';

/** What the process says; `error` is a sentence for the user. */
type Answer = { result: unknown } | { error: string };

/**
 * Runs a program that ends in `answerApart`; input and result cross as JSON. Throws `CommandError` for what the program
 * says the user can mend. The signal ends the process.
 */
export async function runApart(program: URL, input: unknown, signal?: AbortSignal): Promise<unknown> {
  const child = spawn(process.execPath, [fileURLToPath(program)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  child.stdin.on('error', () => {});
  // By its input, not its arguments, which everybody on this machine may read.
  child.stdin.end(JSON.stringify(input));
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (code !== 0) throw new Error(`the process ${program.pathname} ended with ${code}`);
  // Our own program wrote it.
  const answer = JSON.parse(said) as Answer;
  if ('error' in answer) throw new CommandError(answer.error);
  return answer.result;
}

/** The other side: reads the input, does the work, writes the answer. */
export async function answerApart(work: (input: unknown) => Promise<unknown>): Promise<void> {
  // Ctrl-C reaches the whole group of processes; the one that started this one decides when it ends.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  let answer: Answer;
  try {
    answer = { result: (await work(await json(process.stdin))) ?? null };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer));
}
