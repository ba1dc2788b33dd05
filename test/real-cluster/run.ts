/**
 * `npm run real-cluster [-- --image NAME=COMMAND...] [--servers N]`: a real etcd and kube-apiservers with Fairlead's controllers and node, until
 * Ctrl-C. Builds the two when they are missing.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { stopSignal } from '../../src/cli/stop-signal.ts';
import { buildPeers } from '../peers/build.ts';
import { startRealClusterWithNode } from './start.ts';

const { values } = parseArgs({
  options: { image: { type: 'string', multiple: true, default: [] }, servers: { type: 'string', default: '1' } },
});
const servers = Number(values.servers);
if (!Number.isInteger(servers) || servers < 1) throw new Error(`--servers "${values.servers}" is no number of servers`);
const images = Object.fromEntries(values.image.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
buildPeers(['etcd', 'kube-apiserver']);
const signal = stopSignal();
await using cluster = await startRealClusterWithNode({ servers, images, log: (line) => console.error(line) });
console.log(`Kubernetes at ${cluster.apiUrl}, node "${cluster.nodeName}" is Ready.`);
if (!cluster.reachesPods) {
  console.log(
    'Without root pods have loopback addresses, so Services have no endpoints and the proxy verb reaches no pod.',
  );
}
console.log(`\n  export KUBECONFIG=${cluster.kubeconfig}\n\nCtrl-C stops it and removes everything.`);
if (!signal.aborted) await once(signal, 'abort');
console.error('stopping');
