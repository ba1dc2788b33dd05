/** A running `kubectl port-forward`. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { peerPath } from './build.ts';

export class KubectlForward implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  /** Local ports, in the order of the remote ones. */
  readonly ports: readonly number[];
  /** What kubectl has printed as errors so far. */
  errors = '';

  private constructor(child: ChildProcess, closed: Promise<unknown>, ports: readonly number[]) {
    this.#child = child;
    this.#closed = closed;
    this.ports = ports;
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.errors += chunk;
    });
    // "Handling connection": read, or kubectl would wait for us.
    child.stdout?.resume();
  }

  /** `target` is what kubectl takes: `pod/NAME`, `service/NAME`. Resolves when it listens. */
  static async start(
    env: Readonly<Record<string, string>>,
    target: string,
    remotePorts: readonly number[],
    ...flags: readonly string[]
  ): Promise<KubectlForward> {
    const args = ['port-forward', '--address=127.0.0.1', ...flags, target, ...remotePorts.map((port) => `:${port}`)];
    const child = spawn(peerPath('kubectl'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(child, 'close');
    const ports = await new Promise<number[]>((resolve, reject) => {
      let [out, errors] = ['', ''];
      const onOut = (chunk: Buffer) => {
        out += chunk.toString();
        const found = [...out.matchAll(/127\.0\.0\.1:(\d+) -> \d+\n/g)].map(([, port]) => Number(port));
        if (found.length < remotePorts.length) return;
        child.stdout.off('data', onOut);
        child.stderr.off('data', onError);
        resolve(found);
      };
      const onError = (chunk: Buffer) => {
        errors += chunk.toString();
      };
      child.stdout.on('data', onOut);
      child.stderr.on('data', onError);
      child.once('close', (code) => reject(new Error(`kubectl port-forward ended with ${code}: ${errors}`)));
    });
    return new KubectlForward(child, closed, ports);
  }

  /** Sends, ends its side, and returns what comes back until the other side ends. */
  async exchange(sent: string | Buffer, port = this.ports[0]): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: port ?? 0, allowHalfOpen: true });
    socket.end(sent);
    return await text(socket);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves with the exit code, once all that it printed was read. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }
}
