/** What tests start must not outlive them, however they end: a runner that ran out of patience sends SIGKILL. */
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Runs the shell script when this process is gone without having disposed of the result. `$1` and on are `args`. POSIX only;
 * elsewhere nothing is watched.
 */
export function whenGone(script: string, args: readonly string[]): Disposable {
  if (process.platform === 'win32') return { [Symbol.dispose]() {} };
  // The pipe ends with this process; a word before says that all is in order.
  const watcher = spawn('sh', ['-c', `read -r word || { ${script}; }`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  const input = watcher.stdin;
  // A child's pipe is a socket, which may not keep this process alive.
  if (input instanceof Socket) input.unref();
  input.on('error', () => {});
  return {
    [Symbol.dispose]() {
      input.end('done\n');
    },
  };
}

/** Ends the process of this id: SIGTERM first where it has things to put in order. */
export function endWhenGone(pid: number, { graceful }: { graceful: boolean }): Disposable {
  const patiently =
    'kill -TERM "$1"; for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" || exit 0; sleep 1; done; kill -KILL "$1"';
  return whenGone(graceful ? patiently : 'kill -KILL "$1"', [String(pid)]);
}
