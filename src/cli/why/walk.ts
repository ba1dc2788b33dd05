/** Walks from this machine to the pods' ports, a step at a time, and ends at the first that is wrong. */
import { StatusError } from '../../api/status.ts';
import { ConfigError } from '../../client/client-config.ts';
import { ConnectionError } from '../../client/connection-error.ts';
import { ClusterAddresses } from '../../gateway/cluster-addresses.ts';
import type { ClusterTarget } from '../reach/target.ts';
import { type Asked, failed, type OpenedCluster, type Outcome, ok, refused, type Step } from './check.ts';
import { checkCredentials } from './checks/credentials.ts';
import { checkDns } from './checks/dns.ts';
import { checkListener } from './checks/listener.ts';
import { checkProcess } from './checks/process.ts';
import { checkRights } from './checks/rights.ts';
import { checkServer } from './checks/server.ts';
import { namespaceOf, readFacts } from './facts.ts';
import { probeAll } from './probe-all.ts';
import { liveChecks, objectChecks } from './table.ts';

/** Yields each step when it was made. The last one is the one that failed, if one did. */
export async function* walk(asked: Asked): AsyncGenerator<Step, void> {
  try {
    yield* untilFailed(steps(asked));
  } catch (error) {
    asked.signal.throwIfAborted();
    // The server went, or forgot who asks, in between.
    if (error instanceof StatusError) yield { check: 'server', ...refused('what was asked next', error) };
    else if (error instanceof ConnectionError) yield { check: 'server', ...failed(error.message) };
    else throw error;
  }
}

async function* untilFailed(all: AsyncIterable<Step>): AsyncGenerator<Step, void> {
  for await (const step of all) {
    yield step;
    if (step.state === 'failed') return;
  }
}

async function* steps(asked: Asked): AsyncGenerator<Step, void> {
  const { signal } = asked;
  const { outcome, led } = await checkListener(asked);
  yield { check: 'listener', ...outcome };
  if (led === undefined) return;
  const opened = await openContext(asked, led.context);
  yield { check: 'context', ...opened.outcome };
  if (opened.cluster === undefined) return;
  const { cluster } = opened;
  yield { check: 'server', ...(await checkServer(cluster, signal)) };
  yield { check: 'credentials', ...(await checkCredentials(cluster, signal)) };
  const found = await findTarget(asked, { target: led.target, cluster });
  if (found.outcome !== undefined) yield { check: 'address', ...found.outcome };
  if (found.target === undefined) return;
  yield { check: 'rights', ...(await checkRights(cluster, namespaceOf(found.target, cluster), signal)) };
  yield* objectSteps(cluster, found.target, signal);
}

async function* objectSteps(
  cluster: OpenedCluster,
  target: ClusterTarget,
  signal: AbortSignal,
): AsyncGenerator<Step, void> {
  const facts = await readFacts(cluster, target, signal);
  for (const { name, check } of objectChecks) {
    const outcome = check(facts);
    if (outcome !== undefined) yield { check: name, ...outcome };
  }
  const dns = await checkDns(facts, cluster, signal);
  if (dns !== undefined) yield { check: 'dns', ...dns };
  const { probes, verb } = await probeAll(facts, signal);
  for (const { name, check } of liveChecks) {
    const outcome = await check(facts, probes, verb);
    if (outcome !== undefined) yield { check: name, ...outcome };
  }
  const behind = await checkProcess(facts, probes);
  if (behind !== undefined) yield { check: 'process', ...behind };
}

async function openContext(
  asked: Asked,
  context: string | undefined,
): Promise<{ outcome: Outcome; cluster: OpenedCluster | undefined }> {
  try {
    const cluster = await asked.open(context);
    const { server, origin } = cluster.config;
    const name = cluster.name === undefined ? 'no context' : `"${cluster.name}"`;
    const user = origin?.user === undefined ? '' : `, user "${origin.user}"`;
    return { outcome: ok(`${name}: ${server}${user}`), cluster };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { outcome: failed(error.message.replace(/\.$/, ''), 'fairlead config get-contexts'), cluster: undefined };
  }
}

/** Whose an address is; where only a cluster was named there is nothing further to ask. */
async function findTarget(
  { target: asked, signal }: Asked,
  { target, cluster }: { target: ClusterTarget | undefined; cluster: OpenedCluster },
): Promise<{ target: ClusterTarget | undefined; outcome?: Outcome }> {
  if (asked.kind !== 'address') return { target };
  const owner = await new ClusterAddresses(cluster.client).find(asked.address);
  signal.throwIfAborted();
  if (owner === undefined) {
    const says = `no service or pod of this cluster has the address ${asked.address}`;
    return { target: undefined, outcome: failed(says, 'kubectl get services,pods -A -o wide') };
  }
  const { kind, namespace, name } = owner;
  return {
    target: { kind, namespace, name, port: asked.port },
    outcome: ok(`${asked.address} is the ${kind} ${namespace}/${name}`),
  };
}
