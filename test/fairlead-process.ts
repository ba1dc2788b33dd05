/** Fairlead as its users run it: a process of its own, with a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endWhenGone } from './when-gone.ts';

/** The program of this repository. */
export const entry = resolve(import.meta.dirname, '../bin/fairlead.ts');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A scratch home directory; kubeconfig, data and running clusters of the tests live in it. */
export class Home implements AsyncDisposable {
  readonly directory: string;
  readonly kubeconfig: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.kubeconfig = join(directory, 'kubeconfig');
  }

  static async make(): Promise<Home> {
    return new Home(await mkdtemp(join(tmpdir(), 'fairlead-test-')));
  }

  /** Nothing of the developer's own settings; PATH stays so that programs are found. */
  get env(): Record<string, string> {
    const kept = Object.entries(process.env).filter(([name]) =>
      ['PATH', 'LANG', 'NODE_COMPILE_CACHE', 'NODE_EXTRA_CA_CERTS'].includes(name),
    );
    const values = kept.filter((pair): pair is [string, string] => pair[1] !== undefined);
    return {
      ...Object.fromEntries(values),
      HOME: this.directory,
      XDG_DATA_HOME: join(this.directory, 'share'),
      KUBECONFIG: this.kubeconfig,
    };
  }

  /** Runs `fairlead ARGS` to its end. */
  fairlead(...args: readonly string[]): Promise<Finished> {
    return this.runFairlead(args);
  }

  /** The same, with something on its standard input. */
  runFairlead(args: readonly string[], input?: string): Promise<Finished> {
    return this.run(process.execPath, [entry, ...args], input);
  }

  /** The same with further variables in its environment. */
  fairleadWith(env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]): Promise<Finished> {
    return this.run(process.execPath, [entry, ...args], '', env);
  }

  /** Runs any program to its end, with this home; `input` goes to its standard input. */
  async run(
    program: string,
    args: readonly string[],
    input?: string,
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Finished> {
    const child = spawn(program, args, {
      env: { ...this.env, ...env },
      cwd: this.directory,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    return finish(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A running `fairlead up`. Disposal stops it gracefully and fails when it does not end. */
export class RunningFairlead implements AsyncDisposable {
  readonly home: Home;
  readonly child: ChildProcess;
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly #finished: Promise<Finished>;

  private constructor(home: Home, child: ChildProcess, facts: Record<string, unknown>, finished: Promise<Finished>) {
    this.home = home;
    this.child = child;
    this.facts = facts;
    this.apiUrl = String(facts.apiUrl);
    this.gatewayUrl = String(facts.gatewayUrl);
    this.#finished = finished;
  }

  /** `fairlead up` on free ports, with these flags besides; resolves when it says that it is ready. */
  static async up(home: Home, ...flags: readonly string[]): Promise<RunningFairlead> {
    const args = [entry, 'up', '--api-port=0', '--gateway-port=0', '-o', 'json', ...flags];
    const child = spawn(process.execPath, args, {
      env: home.env,
      cwd: home.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const watched = endWhenGone(child.pid ?? 0, { graceful: true });
    const finished = finish(child).finally(() => watched[Symbol.dispose]());
    const facts = await new Promise<Record<string, unknown>>((settle, fail) => {
      let text = '';
      child.stdout?.on('data', (chunk: string) => {
        text += chunk;
        if (text.endsWith('}\n')) settle(JSON.parse(text));
      });
      finished.then(({ code, stderr }) => fail(new Error(`fairlead up ended with ${code}: ${stderr}`)), fail);
    });
    return new RunningFairlead(home, child, facts, finished);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#finished;
  }

  async stop(): Promise<Finished> {
    this.child.kill('SIGTERM');
    return this.#finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop();
  }
}

async function finish(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}
