/** Real clients of everything behind the one proxy, each as a load or a stream. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Finished, Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { KubectlForward } from '../peers/kubectl-forward.ts';
import { postgresPath } from '../peers/postgres.ts';
import type { OpenStream } from './long-stream.ts';
import { LongStream } from './long-stream.ts';
import { SteadyLoad } from './steady-load.ts';
import { namespace, user } from './workloads.ts';

export interface Proxy {
  port: number;
  databasePort: number;
  kubeconfig: string;
}

/** Rejects with what it said where it does not end with 0. */
function succeeded({ code, stdout, stderr }: Finished): string {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** A program whose first word says that its stream is open. It looks cut where the program does not end with 0. */
async function openProgram(
  home: Home,
  program: string,
  args: readonly string[],
  { input, env = {} }: { input?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<OpenStream> {
  const child = spawn(program, args, { env: { ...home.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  // Stays open: its end would be the client's own.
  if (input !== undefined) child.stdin.write(input);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const over = once(child, 'close').then(([code]) => (code === 0 ? undefined : errors || `exit code ${code}`));
  const early = await Promise.race([once(child.stdout, 'data').then(() => 'open' as const), over]);
  if (early !== 'open') throw new Error(early ?? 'it ended before it had begun');
  child.stdout.resume();
  return { over, end: () => child.kill('SIGKILL') };
}

export class Clients {
  readonly #home: Home;
  readonly #proxy: Proxy;
  /** Connections that are kept, as a browser does. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  /** Rows whose insertion was acknowledged. */
  readonly inserted = new Set<string>();
  #rows = 0;

  constructor(home: Home, proxy: Proxy) {
    this.#home = home;
    this.#proxy = proxy;
  }

  close(): void {
    this.#agent.destroy();
  }

  get #web(): string {
    return `web.${namespace}.localhost:${this.#proxy.port}`;
  }

  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const env = { KUBECONFIG: this.#proxy.kubeconfig };
    return succeeded(await this.#home.run(peerPath('kubectl'), ['-n', namespace, ...args], input, env));
  }

  async helm(...args: readonly string[]): Promise<string> {
    const env = { KUBECONFIG: this.#proxy.kubeconfig };
    return succeeded(await this.#home.run(peerPath('helm'), ['-n', namespace, ...args], undefined, env));
  }

  /** By the fixed port, or by SOCKS with the database's name in the cluster. */
  async psql(sql: string, by: 'port' | 'socks' = 'port'): Promise<string> {
    const [program, args] = this.#psqlCommand(by);
    return succeeded(await this.#home.run(program, [...args, '-c', sql], undefined, { PGCONNECT_TIMEOUT: '20' }));
  }

  #psqlCommand(by: 'port' | 'socks'): [string, string[]] {
    const psql = postgresPath('psql');
    const common = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];
    const at = (host: string, port: number) => `host=${host} port=${port} user=${user} dbname=postgres sslmode=disable`;
    if (by === 'port') return [psql, [...common, at('localhost', this.#proxy.databasePort)]];
    const config = join(this.#home.directory, 'proxychains.conf');
    return ['proxychains4', ['-q', '-f', config, psql, ...common, at(`db.${namespace}.svc`, 5432)]];
  }

  /** What proxychains4 is told, which gives programs without proxy settings one. */
  async writeSocksSettings(): Promise<void> {
    const settings = `strict_chain\nproxy_dns\nremote_dns_subnet 224\n[ProxyList]\nsocks5 127.0.0.1 ${this.#proxy.port}\n`;
    await writeFile(join(this.#home.directory, 'proxychains.conf'), settings);
  }

  pgbench(...args: readonly string[]): Promise<string> {
    const { databasePort } = this.#proxy;
    const at = ['-h', 'localhost', '-p', String(databasePort), '-U', user, 'postgres'];
    return this.#home.run(postgresPath('pgbench'), [...args, ...at]).then(succeeded);
  }

  visit(path: string, method = 'GET', body = '', signal?: AbortSignal): Promise<{ status: number; body: string }> {
    const headers = {
      Host: this.#web,
      ...(body !== '' && { 'Content-Type': 'application/x-www-form-urlencoded', Origin: `http://${this.#web}` }),
    };
    const options = { host: '127.0.0.1', port: this.#proxy.port, path, method, headers, agent: this.#agent, signal };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        const { statusCode: status = 0 } = response;
        text(response).then((content) => resolve({ status, body: content }), reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** Short calls. */
  loads() {
    const local = join(this.#home.directory, 'copied');
    const insert = (by: 'port' | 'socks') => async () => {
      const row = `${by}-${this.#rows++}`;
      await this.psql(`insert into rows values ('${row}')`, by);
      this.inserted.add(row);
    };
    return {
      pages: new SteadyLoad('pages of the web application', async (signal) => {
        const { status, body } = await this.visit('/api/office', 'GET', '', signal);
        if (status !== 200) throw new Error(`${status}: ${body.slice(0, 300)}`);
      }),
      forms: new SteadyLoad('forms of the web application', async (signal) => {
        const { status, body } = await this.visit('/login', 'POST', 'user=ann', signal);
        if (status !== 303) throw new Error(`${status}: ${body.slice(0, 300)}`);
      }),
      rowsByPort: new SteadyLoad('psql by a fixed port', insert('port')),
      rowsBySocks: new SteadyLoad('psql by SOCKS', insert('socks')),
      exec: new SteadyLoad('kubectl exec', async () => {
        const said = await this.kubectl(['exec', '-i', 'shell', '--', 'cat'], 'in and out');
        if (said !== 'in and out') throw new Error(`it said "${said}"`);
      }),
      copy: new SteadyLoad('kubectl cp', async () => {
        const written = `copied ${this.#rows++} `.repeat(10_000);
        await writeFile(local, written);
        await this.kubectl(['cp', local, `shell:${local}-there`]);
        await this.kubectl(['cp', `shell:${local}-there`, `${local}-back`]);
        if ((await readFile(`${local}-back`, 'utf8')) !== written)
          throw new Error('what came back is not what was sent');
      }),
    };
  }

  /** Streams that stay open. */
  streams() {
    const kubectl = (...args: string[]) =>
      openProgram(this.#home, peerPath('kubectl'), ['-n', namespace, ...args], {
        env: { KUBECONFIG: this.#proxy.kubeconfig },
      });
    return [
      new LongStream('WebSocket of the web application', () => this.#openWebSocket()),
      new LongStream('kubectl logs -f', () => kubectl('logs', '-f', 'shell')),
      new LongStream('kubectl exec that stays', () =>
        kubectl('exec', '-i', 'shell', '--', 'sh', '-c', 'echo up; exec cat'),
      ),
      new LongStream(
        'kubectl get --watch',
        () => kubectl('get', 'pods', '--watch-only', '--output-watch-events'),
        // As watches end in any case, from time to time.
        { endsInPeace: true },
      ),
      new LongStream('kubectl port-forward', () => this.#openPortForward()),
      new LongStream('psql that waits, by a fixed port', () => this.#openSession('port')),
      new LongStream('psql that waits, by SOCKS', () => this.#openSession('socks')),
    ];
  }

  async #openWebSocket(): Promise<OpenStream> {
    const origin = `http://${this.#web}`;
    const socket = new WebSocket(`ws://127.0.0.1:${this.#proxy.port}/live`, { headers: { Host: this.#web }, origin });
    const over = new Promise<string | undefined>((resolve) => {
      let failure = '';
      socket.on('error', (error) => {
        failure = error.message;
      });
      socket.on('close', (code, reason) => resolve(code === 1000 ? undefined : `${code} ${reason} ${failure}`));
    });
    const early = await Promise.race([once(socket, 'message').then(() => 'open' as const), over]);
    if (early !== 'open') throw new Error(early);
    return { over, end: () => socket.terminate() };
  }

  async #openPortForward(): Promise<OpenStream> {
    const env = { ...this.#home.env, KUBECONFIG: this.#proxy.kubeconfig };
    const forward = await KubectlForward.start(env, 'pod/shell', [9], '-n', namespace);
    const over = forward.ended().then((code) => (code === 0 ? undefined : forward.errors || `exit code ${code}`));
    return { over, end: () => void forward[Symbol.asyncDispose]() };
  }

  #openSession(by: 'port' | 'socks'): Promise<OpenStream> {
    const [program, args] = this.#psqlCommand(by);
    return openProgram(this.#home, program, [...args, '-f', '-'], { input: "select 'up';\nselect pg_sleep(600);\n" });
  }
}
