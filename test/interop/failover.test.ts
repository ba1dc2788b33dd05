/** Three real kube-apiservers on one etcd, each stopped, killed and started in turn under load: the library's and, at the same time, the gateway's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { ClientConfig } from '../../src/client/client.ts';
import { connect } from '../../src/client/client.ts';
import { loadsWhileServersFail, nothingWasLost } from '../failover-load.ts';
import { entry as fairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import type { RealCluster } from '../peers/real-cluster.ts';
import { startRealCluster } from '../peers/real-cluster.ts';

const areBuilt = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = process.env.CI !== 'true' && !areBuilt && 'kube-apiserver is not built: run npm run test:interop';

function configOf({ servers, token, caPem }: RealCluster): ClientConfig {
  const [server = '', ...others] = servers.map(({ url }) => url);
  return { server, servers: others, token, tls: { ca: caPem }, namespace: 'default' };
}

test('programs of the library and clients of the gateway notice nothing when API servers come and go', {
  skip,
  timeout: 170_000,
}, async () => {
  await using real = await startRealCluster([], { servers: 3 });
  await using library = await connect({ config: configOf(real) });
  const flags = real.servers.flatMap(({ url }) => ['--server', url]);
  const proxy = spawn(process.execPath, [fairlead, 'proxy', '--kubeconfig', real.kubeconfig, '--port=0', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: proxy.stdout });
    const [line] = await once(lines, 'line');
    const port = /^Starting to serve on 127\.0\.0\.1:(\d+)$/.exec(String(line))?.[1];
    await using ofGateway = await connect({ config: { server: `http://127.0.0.1:${port}`, namespace: 'default' } });
    const reports = await loadsWhileServersFail([library, ofGateway], real.servers, { pauseMs: 5 });
    for (const report of reports) nothingWasLost(report);
  } finally {
    proxy.kill();
    await once(proxy, 'exit');
  }
});
