/** The real `kubectl proxy` and ours, started with the same flags in front of the same API. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestOptions } from 'node:http';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { entry as fairlead, Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import type { SmallCluster } from '../small-cluster.ts';
import { openSmallCluster } from '../small-cluster.ts';

export interface StartedProxy extends AsyncDisposable {
  /** What follows "Starting to serve on ". */
  address: string;
  /** What it said on stderr so far. */
  complaints(): string;
}

export interface TwoProxies extends AsyncDisposable {
  cluster: SmallCluster;
  home: Home;
  theirs: StartedProxy;
  ours: StartedProxy;
}

export interface Ask {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answered {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** `server`: a path to add to the API server's address. */
export async function openTwoProxies(
  flags: readonly string[],
  { serverPath = '', place = ['--port', '0'] }: { serverPath?: string; place?: readonly string[] } = {},
): Promise<TwoProxies> {
  await using parts = new AsyncDisposableStack();
  const home = parts.use(await Home.make());
  const cluster = parts.use(await openSmallCluster());
  const all = ['proxy', '--server', `${cluster.server}${serverPath}`, ...place, ...flags];
  const theirs = parts.use(await startProxy(peerPath('kubectl'), all, home));
  const ours = parts.use(await startProxy(process.execPath, [fairlead, ...all], home));
  const running = parts.move();
  return { cluster, home, theirs, ours, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Our own alone. */
export function startFairlead(flags: readonly string[], home: Home): Promise<StartedProxy> {
  return startProxy(process.execPath, [fairlead, 'proxy', ...flags], home);
}

async function startProxy(program: string, args: readonly string[], home: Home): Promise<StartedProxy> {
  const child = spawn(program, args, { env: home.env, cwd: home.directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let complained = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complained += chunk;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^Starting to serve on (.*)$/.exec(line)?.[1];
    if (address === undefined) continue;
    child.stdout.resume();
    return { address, complaints: () => complained, [Symbol.asyncDispose]: () => stop(child) };
  }
  throw new Error(`${program} ended before it served: ${complained}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Runs to its end; gives the exit code and what it said. */
export async function runProxy(
  who: 'kubectl' | 'fairlead',
  flags: readonly string[],
  home: Home,
): Promise<{ code: number | null; stderr: string }> {
  const [program, before] = who === 'kubectl' ? [peerPath('kubectl'), []] : [process.execPath, [fairlead]];
  const child = spawn(program, [...before, 'proxy', ...flags], {
    env: home.env,
    cwd: home.directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stderr = await text(child.stderr);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, stderr };
}

export function ask({ address }: StartedProxy, { method = 'GET', path, headers = {}, body }: Ask): Promise<Answered> {
  const port = /:(\d+)$/.exec(address)?.[1];
  const where: RequestOptions =
    port === undefined ? { socketPath: address } : { host: '127.0.0.1', port: Number(port) };
  return new Promise((settle, reject) => {
    const asked = request({ ...where, method, path, headers, agent: false }, (response) => {
      const { statusCode: status, headers: received } = response;
      text(response).then((content) => settle({ status, headers: received, body: content }), reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Status, where a redirect leads, and what of it reached the API: method, URL, Authorization, media types, body length. */
export async function outcome(cluster: SmallCluster, proxy: StartedProxy, question: Ask): Promise<unknown> {
  const seen = cluster.requests.length;
  const { status, headers } = await ask(proxy, question);
  // Ours asks for the version by itself when it starts.
  const passed = cluster.requests.slice(seen).filter((one) => one.headers['user-agent'] !== 'fairlead');
  const reached = passed.map(({ line, headers: received }) => {
    const { host, authorization, accept, 'content-type': type, 'content-length': length, range } = received;
    return { line, host, authorization, accept, type, length, range };
  });
  return { status, location: headers.location, reached };
}
