/** One real kube-apiserver process, which can be stopped, killed and started again at its address. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { endWhenGone } from '../when-gone.ts';
import { peerPath } from './build.ts';

export interface RealApiServer {
  readonly url: string;
  /** Of the newest process. */
  readonly pid: number;
  /** Resolves when /readyz is ok. Throws with the end of the log when it does not become so. */
  start(): Promise<void>;
  /** SIGTERM; resolves when the process has ended. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface RealApiServerOptions {
  url: string;
  flags: readonly string[];
  /** File that its output is appended to. */
  log: string;
  /** Of a user who may read /readyz. */
  token: string;
}

const readyLimitMs = 60_000;
const stopLimitMs = 20_000;

export async function spawnLogged(program: string, args: readonly string[], log: string): Promise<ChildProcess> {
  const file = await open(log, 'a');
  // Detached: a Ctrl-C in the terminal is for the one that started it, which stops all in order.
  const child = spawn(program, args, { stdio: ['ignore', file.fd, file.fd], detached: true });
  await once(child, 'spawn');
  await file.close();
  // A kube-apiserver without its etcd takes minutes to end in order.
  const watched = endWhenGone(child.pid ?? 0, { graceful: false });
  child.once('exit', () => watched[Symbol.dispose]());
  return child;
}

/** Sends the signal and, where the process does not end by it, SIGKILL after a while. */
export async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await gone;
  clearTimeout(timer);
}

export function realApiServer({ url, flags, log, token }: RealApiServerOptions): RealApiServer {
  let child: ChildProcess | undefined;
  const isReady = async (): Promise<boolean> => {
    try {
      const asked = ['-sk', '-m', '2', '-H', `Authorization: Bearer ${token}`, `${url}/readyz`];
      return (await promisify(execFile)('curl', asked)).stdout === 'ok';
    } catch {
      return false;
    }
  };
  return {
    url,
    get pid() {
      return child?.pid ?? 0;
    },
    async start() {
      const started = performance.now();
      const process = await spawnLogged(peerPath('kube-apiserver'), flags, log);
      child = process;
      while (!(await isReady())) {
        if (process.exitCode !== null || performance.now() - started > readyLimitMs) {
          await end(process, 'SIGKILL');
          throw new Error(`kube-apiserver did not become ready:\n${(await readFile(log, 'utf8')).slice(-2000)}`);
        }
        await delay(25);
      }
    },
    async stop() {
      if (child !== undefined) await end(child);
    },
    async kill() {
      if (child !== undefined) await end(child, 'SIGKILL');
    },
  };
}
