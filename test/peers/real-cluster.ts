/** A real etcd and kube-apiserver on loopback, for tests and benches. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { peerPath } from './build.ts';

export interface RealCluster extends AsyncDisposable {
  kubeconfig: string;
  apiUrl: string;
  token: string;
  caPem: string;
  /** From starting etcd to the answer of /readyz, in milliseconds. */
  readyMilliseconds: number;
  /** Process ids of etcd and kube-apiserver. */
  processes: readonly number[];
  /** Resident memory of etcd and kube-apiserver together, in bytes. */
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

async function spawnLogged(program: string, args: readonly string[], log: string): Promise<ChildProcess> {
  const file = await open(log, 'w');
  const child = spawn(program, args, { stdio: ['ignore', file.fd, file.fd] });
  await once(child, 'spawn');
  await file.close();
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

/**
 * Both programs must have been built (`build.ts`). `flags` go to kube-apiserver besides. Throws with the end of the log
 * when one does not start.
 */
export async function startRealCluster(flags: readonly string[] = []): Promise<RealCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-real-'));
  const file = (name: string) => join(directory, name);
  execFileSync('openssl', ['genrsa', '-out', file('sa.key'), '2048'], { stdio: 'ignore' });
  execFileSync('openssl', ['rsa', '-in', file('sa.key'), '-pubout', '-out', file('sa.pub')], { stdio: 'ignore' });
  const token = 'admin-of-the-test-cluster';
  await writeFile(file('tokens.csv'), `${token},admin,admin,"system:masters"\nnobody-token,nobody,nobody\n`);
  const [clientPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const [client, peer] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`];

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
  const apiserver = await spawnLogged(
    peerPath('kube-apiserver'),
    [
      `--etcd-servers=${client}`,
      `--cert-dir=${file('certs')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${apiPort}`,
      `--advertise-address=${advertisedAddress()}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--allow-privileged=true',
      ...flags,
    ],
    file('apiserver.log'),
  );
  const close = async (): Promise<void> => {
    // The API server first: without etcd it takes minutes to end.
    await stop(apiserver);
    await stop(etcd);
    await rm(directory, { recursive: true, force: true });
  };
  const apiUrl = `https://127.0.0.1:${apiPort}`;
  const ready = (): boolean => {
    try {
      const answer = execFileSync('curl', [
        '-sk',
        '-m',
        '2',
        '-H',
        `Authorization: Bearer ${token}`,
        `${apiUrl}/readyz`,
      ]);
      return answer.toString() === 'ok';
    } catch {
      return false;
    }
  };
  while (!ready()) {
    if (apiserver.exitCode !== null || performance.now() - started > 60_000) {
      const log = await readFile(file('apiserver.log'), 'utf8');
      await close();
      throw new Error(`kube-apiserver did not become ready:\n${log.slice(-2000)}`);
    }
    await delay(25);
  }
  const readyMilliseconds = performance.now() - started;
  const caPem = await readFile(file('certs/apiserver.crt'), 'utf8');
  await writeFile(
    file('kubeconfig'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'real',
          cluster: { server: apiUrl, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
        },
      ],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
      'current-context': 'real',
    }),
    { mode: 0o600 },
  );
  const processes = [etcd.pid, apiserver.pid].filter((pid) => pid !== undefined);
  return {
    kubeconfig: file('kubeconfig'),
    apiUrl,
    token,
    caPem,
    readyMilliseconds,
    processes,
    async residentBytes() {
      let sum = 0;
      for (const pid of processes) sum += await residentBytesOf(pid);
      return sum;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Linux only: VmRSS of /proc/PID/status. */
export async function residentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
