/** Leader election between processes that know nothing of each other but a Lease. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../src/api/object.ts';
import type { Lease } from '../src/api/types/coordination-v1.ts';
import type { ClusterClient } from '../src/client/cluster-client.ts';
import { openClusterClient } from '../src/client/cluster-client-http.ts';
import { runAsLeader } from '../src/client/leader-election.ts';
import { type Cluster, startCluster } from '../src/cluster.ts';

let cluster: Cluster;
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-leader-'));
  const log = (line: string) => console.error(line);
  cluster = await startCluster({
    name: 'l',
    directory,
    storage: 'memory',
    nodes: 0,
    images: new Map(),
    log,
    apiPort: 0,
  });
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const namespace = 'default';
const fast = { namespace, leaseDurationMs: 1000, renewDeadlineMs: 600, retryMs: 100 };

/** A contender whose work lasts until it is told to end. */
function contend(
  name: string,
  identity: string,
  client: ClusterClient = cluster.client,
  timing: Partial<typeof fast> = {},
) {
  const stop = new AbortController();
  const leads = Promise.withResolvers<AbortSignal>();
  const log: string[] = [];
  const errors: unknown[] = [];
  const done = runAsLeader({
    ...fast,
    ...timing,
    client,
    name,
    identity,
    signal: stop.signal,
    onError: (error) => errors.push(error),
    async lead(signal) {
      log.push('leads');
      leads.resolve(signal);
      if (!signal.aborted) await once(signal, 'abort');
      log.push('ends');
    },
  });
  return { stop: () => stop.abort(), leads: leads.promise, done, log, errors };
}

const leaseOf = (name: string) =>
  cluster.client.resource<Lease>('coordination.k8s.io/v1', 'leases').get(name, { namespace });

test('one leads; when it stops, the lease is free at once and the other follows', async () => {
  // Of a process that is held up for longer than this, the lease is lost, and that is right.
  const patient = { leaseDurationMs: 3000, renewDeadlineMs: 2800 };
  const first = contend('hand-over', 'first', cluster.client, patient);
  await first.leads;
  const second = contend('hand-over', 'second', cluster.client, patient);
  // Longer than the lease lasts: it is renewed.
  await Promise.race([second.leads.then(() => assert.fail('two lead')), new Promise((r) => setTimeout(r, 3300))]);
  assert.equal((await leaseOf('hand-over')).spec?.holderIdentity, 'first');
  first.stop();
  await first.done;
  assert.equal((await leaseOf('hand-over')).spec?.holderIdentity === 'first', false);
  await second.leads;
  const { spec } = await leaseOf('hand-over');
  assert.equal(spec?.holderIdentity, 'second');
  assert.equal(spec?.leaseTransitions, 1);
  second.stop();
  await second.done;
  assert.deepEqual(
    [first.log, second.log],
    [
      ['leads', 'ends'],
      ['leads', 'ends'],
    ],
  );
});

test('a leader that cannot renew ends its work before another takes over', async () => {
  let isCut = false;
  const cuttable: ClusterClient = {
    ...cluster.client,
    resource: <T extends KubeObject>(apiVersion: string, plural: string) => {
      const real = cluster.client.resource<T>(apiVersion, plural);
      const guard = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
        return async (...args: A) => (isCut ? Promise.reject(new Error('the network is down')) : call(...args));
      };
      return { ...real, get: guard(real.get), update: guard(real.update) };
    },
  };
  const first = contend('cut-off', 'first', cuttable);
  const signal = await first.leads;
  const second = contend('cut-off', 'second');
  isCut = true;
  await second.leads;
  assert.ok(signal.aborted);
  assert.deepEqual(first.log, ['leads', 'ends']);
  // Back again, it does not disturb the new leader.
  isCut = false;
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(first.log, ['leads', 'ends']);
  first.stop();
  second.stop();
  await Promise.all([first.done, second.done]);
});

test('a leader whose first answer came late counts from when it asked', async () => {
  const made = Promise.withResolvers<void>();
  const slow: ClusterClient = {
    ...cluster.client,
    resource: <T extends KubeObject>(apiVersion: string, plural: string) => {
      const real = cluster.client.resource<T>(apiVersion, plural);
      const update = () => Promise.reject(new Error('the network is down'));
      const create: typeof real.create = async (...args) => {
        const created = await real.create(...args);
        made.resolve();
        await new Promise((resolve) => setTimeout(resolve, 1400));
        return created;
      };
      return { ...real, update, create };
    },
  };
  const timing = { leaseDurationMs: 2000, renewDeadlineMs: 1900 };
  const first = contend('late', 'first', slow, timing);
  // Whoever makes the lease leads.
  await made.promise;
  const second = contend('late', 'second', cluster.client, timing);
  const signal = await first.leads;
  await second.leads;
  assert.ok(signal.aborted);
  assert.deepEqual(first.log, ['leads', 'ends']);
  first.stop();
  second.stop();
  await Promise.all([first.done, second.done]);
});

test('a leader whose Lease is deleted makes it anew and goes on', async () => {
  const leader = contend('deleted', 'first');
  const signal = await leader.leads;
  const leases = cluster.client.resource<Lease>('coordination.k8s.io/v1', 'leases');
  const before = await leaseOf('deleted');
  const events = leases.watch({
    namespace,
    fieldSelector: 'metadata.name=deleted',
    resourceVersion: before.metadata.resourceVersion ?? '',
  });
  await leases.delete('deleted', { namespace });
  for await (const { type, object } of events) {
    if (type !== 'ADDED') continue;
    assert.equal(object.spec?.holderIdentity, 'first');
    break;
  }
  assert.equal(signal.aborted, false);
  leader.stop();
  await leader.done;
  assert.deepEqual(leader.log, ['leads', 'ends']);
});

test('who leads and who waits end without an error when their client is closed', async () => {
  const { caPem: ca, certPem: cert, keyPem: key } = cluster.admin;
  const client = () => openClusterClient({ server: cluster.apiUrl, namespace, tls: { ca, cert, key } });
  const clients = [client(), client()] as const;
  const leader = contend('closed', 'leader', clients[0]);
  const signal = await leader.leads;
  const other = contend('closed', 'other', clients[1]);
  for (const each of clients) await each[Symbol.asyncDispose]();
  await Promise.all([leader.done, other.done]);
  assert.ok(signal.aborted);
  assert.deepEqual([leader.log, other.log], [['leads', 'ends'], []]);
  assert.deepEqual([...leader.errors, ...other.errors], []);
  assert.equal((await leaseOf('closed')).spec?.holderIdentity, 'leader');
});

test('work that fails or ends releases the lease and is the outcome', async () => {
  const options = { ...fast, client: cluster.client, signal: new AbortController().signal };
  await assert.rejects(
    runAsLeader({ ...options, name: 'ends', identity: 'a', lead: () => Promise.reject(new Error('defect')) }),
    /defect/,
  );
  await runAsLeader({ ...options, name: 'ends', identity: 'b', lead: async () => {} });
  assert.equal((await leaseOf('ends')).spec?.holderIdentity || 'nobody', 'nobody');
  await assert.rejects(runAsLeader({ ...options, name: 'x', retryMs: 600, lead: async () => {} }), TypeError);
});
