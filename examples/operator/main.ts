/** Runs the operator against the cluster of the kubeconfig, or of the pod that it runs in; of several, one works. */
import { once } from 'node:events';
import { connect, runAsLeader } from 'fairlead/client';
import { runOperator } from './operator.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) void once(process, name).then(() => stop.abort());

await using cluster = await connect({
  onWarning: (text) => console.error(`warning: ${text}`),
  onError: (error, { kind }) => console.error(`watching ${kind} again: ${error}`),
});
await runAsLeader({
  client: cluster.client,
  namespace: cluster.namespace,
  name: 'site-operator',
  lead: (signal) => runOperator(cluster, signal),
  signal: stop.signal,
  onLeader: (identity) => console.error(`${identity} leads`),
  onError: (error) => console.error(`trying again: ${error}`),
});
