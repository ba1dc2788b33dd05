/** A real etcd and one or more kube-apiservers on loopback, for tests and benches. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { whenGone } from '../when-gone.ts';
import { peerPath } from './build.ts';
import type { RealApiServer } from './real-api-server.ts';
import { end, realApiServer, spawnLogged } from './real-api-server.ts';

export interface RealCluster extends AsyncDisposable {
  /** Leads to the first server; names the others by the extension `fairlead.dev/servers`. */
  kubeconfig: string;
  apiUrl: string;
  servers: readonly RealApiServer[];
  /** Starts another one at this address of the machine, on the same etcd, with these flags besides, which win. */
  addServer(address: string, own: readonly string[]): Promise<RealApiServer>;
  token: string;
  caPem: string;
  /** From starting etcd to the answer of the first server's /readyz, in milliseconds. */
  readyMilliseconds: number;
  /** Process ids of etcd and, as they were at the start, of the kube-apiservers. */
  processes: readonly number[];
  /** Resident memory of all of them together, in bytes. */
  residentBytes(): Promise<number>;
}

/** Endpoints may not be loopback addresses, so the server advertises another one of this machine; nothing is sent to it. */
function advertisedAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (found !== undefined) return found.address;
  }
  throw new Error('kube-apiserver needs an IPv4 address besides loopback to advertise, and this machine has none');
}

export interface RealClusterShape {
  /** kube-apiservers on the one etcd; default 1. */
  servers?: number;
  /** One address of this machine for each server to listen on and to advertise; default: 127.0.0.1, and another to advertise. */
  addresses?: readonly string[];
}

/**
 * Both programs must have been built (`build.ts`). `flags` go to each kube-apiserver besides. Throws with the end of the log
 * when one does not start.
 */
export async function startRealCluster(
  flags: readonly string[] = [],
  { servers: count = 1, addresses = [] }: RealClusterShape = {},
): Promise<RealCluster> {
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-real-'));
  parts.use(whenGone('sleep 1; rm -rf "$1"', [directory]));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const file = (name: string) => join(directory, name);
  execFileSync('openssl', ['genrsa', '-out', file('sa.key'), '2048'], { stdio: 'ignore' });
  execFileSync('openssl', ['rsa', '-in', file('sa.key'), '-pubout', '-out', file('sa.pub')], { stdio: 'ignore' });
  const token = 'admin-of-the-test-cluster';
  await writeFile(file('tokens.csv'), `${token},admin,admin,"system:masters"\nnobody-token,nobody,nobody\n`);
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  const [client, peer] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`];

  let opened = 0;
  const started = performance.now();
  const etcd = await spawnLogged(
    peerPath('etcd'),
    [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ],
    file('etcd.log'),
  );
  parts.defer(() => end(etcd));
  const servers: RealApiServer[] = [];
  // The endpoints of the Service `kubernetes` have one port for all.
  const commonPort = await freePort();
  const openServer = async (address: string | undefined, own: readonly string[] = []): Promise<RealApiServer> => {
    const index = opened++;
    const port = address === undefined ? await freePort() : commonPort;
    const bound = address ?? '127.0.0.1';
    const server = realApiServer({
      url: `https://${bound}:${port}`,
      log: file(`apiserver-${index}.log`),
      token,
      flags: [
        `--etcd-servers=${client}`,
        // One certificate for all: the first that starts makes it.
        `--cert-dir=${file('certs')}`,
        `--bind-address=${bound}`,
        `--secure-port=${port}`,
        `--advertise-address=${address ?? advertisedAddress()}`,
        '--service-cluster-ip-range=10.96.0.0/16',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${file('sa.pub')}`,
        `--service-account-signing-key-file=${file('sa.key')}`,
        `--token-auth-file=${file('tokens.csv')}`,
        '--authorization-mode=Node,RBAC',
        '--allow-privileged=true',
        ...flags,
        ...own,
      ],
    });
    return server;
  };
  for (let index = 0; index < count; index++) {
    const server = await openServer(addresses[index]);
    // Before etcd: without it they take minutes to end.
    parts.defer(() => server.stop());
    servers.push(server);
    if (index === 0) await server.start();
  }
  const readyMilliseconds = performance.now() - started;
  await Promise.all(servers.slice(1).map((server) => server.start()));
  await madeItsOwn(servers[0]?.url ?? '', token);
  const [apiUrl = '', ...others] = servers.map(({ url }) => url);
  const caPem = await readFile(file('certs/apiserver.crt'), 'utf8');
  await writeFile(
    file('kubeconfig'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'real',
          cluster: {
            server: apiUrl,
            'certificate-authority-data': Buffer.from(caPem).toString('base64'),
            ...(others.length > 0 && {
              extensions: [{ name: 'fairlead.dev/servers', extension: { servers: others } }],
            }),
          },
        },
      ],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
      'current-context': 'real',
    }),
    { mode: 0o600 },
  );
  const running = parts.move();
  const pids = () => [etcd.pid ?? 0, ...servers.map(({ pid }) => pid)].filter((pid) => pid !== 0);
  return {
    kubeconfig: file('kubeconfig'),
    apiUrl,
    servers,
    async addServer(address, own) {
      const server = await openServer(address, own);
      running.defer(() => server.stop());
      await server.start();
      return server;
    },
    token,
    caPem,
    readyMilliseconds,
    processes: pids(),
    async residentBytes() {
      let sum = 0;
      for (const pid of pids()) sum += await residentBytesOf(pid);
      return sum;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** kube-apiserver makes the namespace `default` and the Service `kubernetes` in it itself, now and then after it says that it is ready. */
async function madeItsOwn(apiUrl: string, token: string): Promise<void> {
  const asked = ['-sfk', '-m', '2', '-o', '/dev/null', '-H', `Authorization: Bearer ${token}`];
  const url = `${apiUrl}/api/v1/namespaces/default/services/kubernetes`;
  for (const end = performance.now() + 60_000; ; await delay(25)) {
    try {
      await promisify(execFile)('curl', [...asked, url]);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** Linux only: VmRSS of /proc/PID/status. */
export async function residentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
