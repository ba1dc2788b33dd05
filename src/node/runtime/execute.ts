/** A command beside a container's main process, with or without a terminal. */
import { hangUpMs } from '../terminal/messages.ts';
import { copyOutput, writeTo } from './copy-output.ts';
import { feedInput } from './feed-input.ts';
import { killGroup } from './kill-group.ts';
import type { ExecExit, ExecLaunch } from './runtime.ts';
import type { StartedProcess } from './started-process.ts';
import { startPiped } from './started-process.ts';

/** How long a client's first word about its window is waited for, so that programs begin with the right size. */
const firstSizeMs = 300;

/** Never rejects. */
export async function execute(
  exec: ExecLaunch,
  environment: Readonly<Record<string, string>>,
  workingDirectory: string,
): Promise<ExecExit> {
  const { argv, terminal, stdin, stdout, stderr, signal } = exec;
  const launch = { argv, environment, workingDirectory };
  let started: StartedProcess;
  try {
    if (terminal === undefined) started = await startPiped(launch, stdin === undefined ? 'ignore' : 'pipe');
    else {
      const { startInTerminal } = await import('./start-in-terminal.ts');
      started = await startInTerminal(launch, terminal.first(firstSizeMs));
    }
  } catch (error) {
    return { exitCode: 126, startError: (error as Error).message };
  }
  // It may have been told while the program was being started; what it began with changes nothing.
  if (terminal?.latest !== undefined) started.terminal?.resize(terminal.latest);
  const stopSizes = terminal?.onChange((size) => started.terminal?.resize(size));
  const stop = endWith(started, signal);
  if (stdin !== undefined && started.stdin !== null) feedInput(stdin, started.stdin, true);
  const copies = [
    copyOutput(started.stdout, started.exited, (chunk) => writeTo(stdout, chunk, signal)),
    copyOutput(started.stderr, started.exited, (chunk) => writeTo(stderr, chunk, signal)),
  ];
  const { exitCode } = await started.exited;
  await Promise.all(copies);
  stop();
  stopSizes?.();
  killGroup(started.pid, 'SIGKILL');
  stdin?.destroy();
  return { exitCode };
}

/** Ends the command when the signal fires: in a terminal as when its window is closed. Returns what undoes it. */
function endWith({ pid, terminal }: StartedProcess, signal: AbortSignal): () => void {
  let kill: NodeJS.Timeout | undefined;
  const end = () => {
    if (terminal === undefined) killGroup(pid, 'SIGKILL');
    else {
      terminal.hangUp();
      kill = setTimeout(() => killGroup(pid, 'SIGKILL'), hangUpMs);
    }
  };
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return () => {
    signal.removeEventListener('abort', end);
    clearTimeout(kill);
  };
}
