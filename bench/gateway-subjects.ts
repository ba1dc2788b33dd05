/** What the benches of the gateway compare: one TLS server, and in front of it the gateway, a real kubectl proxy and HAProxy. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { testCertificate } from '../test/certificate.ts';
import { freePort } from '../test/free-port.ts';
import { buildPeers, peerPath } from '../test/peers/build.ts';
import { stop } from './stop-process.ts';

const root = resolve(import.meta.dirname, '..');

/** A program that serves plain HTTP on a port of 127.0.0.1. */
export interface Subject {
  name: string;
  pid: number;
  port: number;
}

export interface GatewaySubjects extends AsyncDisposable {
  /** Of the server itself, without TLS: as direct as it gets. */
  direct: { name: string; port: number };
  kubectl: Subject;
  fairlead: Subject;
  /** One thread, http mode, verified TLS to the server. Undefined where it is not installed or not asked for. */
  haproxy: Subject | undefined;
}

/** As people start them. `haproxy`: that one too; where it is missing, what to install is printed. */
export async function openGatewaySubjects(options: { haproxy?: boolean } = {}): Promise<GatewaySubjects> {
  buildPeers(['kubectl']);
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const { ca, cert, key } = testCertificate();
  const file = (name: string) => join(directory, name);
  await writeFile(file('upstream.json'), JSON.stringify({ cert, key }), { mode: 0o600 });
  await writeFile(file('ca.crt'), ca);
  const upstream = await startProgram(parts, 'the server', process.execPath, [
    join(import.meta.dirname, 'gateway-upstream.ts'),
    file('upstream.json'),
  ]);
  const [tlsPort = 0, directPort = 0] = upstream.ports;
  await writeFile(file('kubeconfig'), kubeconfigFor(tlsPort, ca), { mode: 0o600 });
  const proxy = ['proxy', `--kubeconfig=${file('kubeconfig')}`, '--port=0'];
  const fairlead = await startProgram(parts, 'fairlead', join(root, 'fairlead'), proxy);
  const kubectl = await startProgram(parts, 'kubectl proxy', peerPath('kubectl'), proxy);
  let haproxy: Subject | undefined;
  if (options.haproxy === true) {
    if (spawnSync('haproxy', ['-v']).error !== undefined) {
      console.log('gateway: HAProxy is missing beside: install it (on Debian: apt-get install haproxy)');
    } else {
      const port = await freePort();
      await writeFile(file('haproxy.cfg'), haproxyConfig(port, tlsPort, file('ca.crt')));
      const child = spawn('haproxy', ['-db', '-f', file('haproxy.cfg')], { stdio: ['ignore', 'ignore', 'inherit'] });
      parts.defer(() => stop(child));
      haproxy = { name: 'haproxy', pid: child.pid ?? 0, port };
    }
  }
  const running = parts.move();
  return {
    direct: { name: 'direct', port: directPort },
    kubectl: subject(kubectl),
    fairlead: subject(fairlead),
    haproxy,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** How busy this machine is besides, to be read beside figures. */
export function loadWords(): string {
  return `load average ${loadavg()
    .slice(0, 2)
    .map((value) => value.toFixed(1))
    .join(', ')}`;
}

interface Started {
  name: string;
  child: ChildProcess;
  ports: readonly number[];
}

function subject({ name, child, ports }: Started): Subject {
  return { name, pid: child.pid ?? 0, port: ports[0] ?? 0 };
}

/** Resolves with the ports in the first line of its output that ends with some, as in `:80` or `:80 :81`. */
export async function startProgram(
  parts: AsyncDisposableStack,
  name: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Started> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  parts.defer(() => stop(child));
  for await (const line of createInterface({ input: child.stdout })) {
    const ports = /(?::\d+ ?)+$/.exec(line)?.[0].match(/\d+/g);
    if (ports === undefined || ports === null) continue;
    child.stdout.resume();
    return { name, child, ports: ports.map(Number) };
  }
  throw new Error(`${name} ended before it served`);
}

function haproxyConfig(port: number, tlsPort: number, ca: string): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend in
  bind 127.0.0.1:${port}
  http-request set-header Authorization "Bearer bench"
  default_backend api
backend api
  http-reuse always
  server api 127.0.0.1:${tlsPort} ssl verify required ca-file ${ca}
`;
}

function kubeconfigFor(port: number, ca: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: bench
  cluster: {server: "https://127.0.0.1:${port}", certificate-authority-data: ${Buffer.from(ca).toString('base64')}}
users:
- name: bench
  user: {token: bench}
contexts:
- name: bench
  context: {cluster: bench, user: bench}
current-context: bench
`;
}
