/** The tunnel of the examples as a process of its own: `port-forward-subject.ts POD PORT`, with KUBECONFIG set. Prints its port. */
import { once } from 'node:events';
import { connect } from 'fairlead/client';
import { openTunnel } from '../examples/tunnel/tunnel.ts';

const [pod = '', port = ''] = process.argv.slice(2);
const stop = new AbortController();
void once(process, 'SIGTERM').then(() => stop.abort());
await using cluster = await connect();
const local = await openTunnel(cluster, { namespace: 'default', pod, port: Number(port) }, stop.signal);
console.log(local);
await once(stop.signal, 'abort');
