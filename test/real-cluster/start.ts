/** A real etcd and one or more kube-apiservers with Fairlead's controllers and, as a process of its own, Fairlead's node. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ensureCertificates } from '../../src/apiserver/pki/ensure-certificates.ts';
import type { ClusterClient } from '../../src/client/cluster-client.ts';
import { openClusterClient } from '../../src/client/cluster-client-http.ts';
import { startControllers } from '../../src/controllers/start.ts';
import { ensureDefaultAccount } from '../../src/testing/default-account.ts';
import { kubeconfigText } from '../../src/testing/kubeconfig-text.ts';
import { entry } from '../fairlead-process.ts';
import { type RealCluster, startRealCluster } from '../peers/real-cluster.ts';
import { endWhenGone, whenGone } from '../when-gone.ts';
import { openRoutedRange } from './routed-range.ts';

export interface RealClusterWithNode extends RealCluster {
  /** With the administrator's rights. */
  client: ClusterClient;
  nodeName: string;
  /** Whether Services have endpoints and the proxy verb reaches pods: only where pods can have addresses besides loopback (root). */
  reachesPods: boolean;
}

export interface RealClusterOptions {
  /** kube-apiservers on the one etcd; default 1. Controllers and node get on with any of them. */
  servers?: number;
  /** Image name to the command of this machine that stands for it. */
  images?: Readonly<Record<string, string>>;
  /** Told what controllers and node have to say; default: nobody. */
  log?(line: string): void;
}

/**
 * The programs must have been built (`../peers/build.ts`). The controllers run in this process: a synchronous child process
 * holds them up. Resolves when the Node is Ready and pods may be made in `default`.
 */
export async function startRealClusterWithNode(options: RealClusterOptions = {}): Promise<RealClusterWithNode> {
  const { servers = 1, images = {}, log = () => {} } = options;
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-real-node-'));
  parts.use(whenGone('sleep 11; rm -rf "$1"', [directory]));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const file = (name: string) => join(directory, name);
  const range = await openRoutedRange();
  if (range !== undefined) parts.use(range);
  const address = range?.first ?? '127.0.0.1';

  const nodeName = 'real';
  const pki = await ensureCertificates(undefined);
  const { serving, client: identity } = await pki.node(nodeName, [address]);
  const files = {
    'ca.crt': pki.ca,
    'kubelet-client.crt': pki.kubeletClient.cert,
    'kubelet-client.key': pki.kubeletClient.key,
    'serving.crt': serving.cert,
    'serving.key': serving.key,
  };
  await Promise.all(Object.entries(files).map(([name, pem]) => writeFile(file(name), pem, { mode: 0o600 })));
  const cluster = parts.use(
    await startRealCluster(
      [
        `--client-ca-file=${file('ca.crt')}`,
        `--kubelet-certificate-authority=${file('ca.crt')}`,
        `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
        `--kubelet-client-key=${file('kubelet-client.key')}`,
        '--kubelet-preferred-address-types=InternalIP',
        '--enable-admission-plugins=NodeRestriction',
      ],
      { servers },
    ),
  );
  const { apiUrl, caPem, token } = cluster;
  const others = cluster.servers.slice(1).map(({ url }) => url);
  const client = parts.use(
    openClusterClient({
      server: apiUrl,
      servers: others,
      token,
      tls: { ca: caPem },
      namespace: 'default',
      userAgent: 'fairlead-controllers',
    }),
  );
  parts.use(await startControllers({ client, caPem, signal: new AbortController().signal, log }));
  await ensureDefaultAccount(client);
  const kubeconfig = {
    name: nodeName,
    server: apiUrl,
    servers: others,
    caPem,
    certPem: identity.cert,
    keyPem: identity.key,
  };
  await writeFile(file('node.kubeconfig'), kubeconfigText(kubeconfig), { mode: 0o600 });
  parts.use(
    await startNodeProcess(
      [
        `--kubeconfig=${file('node.kubeconfig')}`,
        `--name=${nodeName}`,
        `--data=${file('node')}`,
        `--client-ca=${file('ca.crt')}`,
        `--tls-cert=${file('serving.crt')}`,
        `--tls-key=${file('serving.key')}`,
        `--address=${address}`,
        ...(range === undefined ? [] : [`--pod-range=${range.cidr}`]),
        ...Object.entries(images).map(([image, command]) => `--image=${image}=${command}`),
      ],
      log,
    ),
  );
  const running = parts.move();
  return {
    ...cluster,
    client,
    nodeName,
    reachesPods: range !== undefined,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Resolves when the Node is Ready. Throws with the program's words when it ends before. */
async function startNodeProcess(flags: readonly string[], log: (line: string) => void): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, [entry, 'node', '-o', 'json', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C in the terminal is for the one that started it, which stops all in order.
    detached: true,
  });
  const watched = endWhenGone(child.pid ?? 0, { graceful: true });
  const closed = once(child, 'close').finally(() => watched[Symbol.dispose]());
  const ended = Promise.all([text(child.stderr), closed]).then(([words]) => words);
  child.stderr.on('data', (chunk: Buffer) => log(chunk.toString().trimEnd()));
  const ready = once(child.stdout, 'data').then(() => undefined);
  const failed = await Promise.race([ready, ended]);
  if (failed !== undefined) throw new Error(`fairlead node ended: ${failed}`);
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
