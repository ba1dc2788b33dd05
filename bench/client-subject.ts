/**
 * One client library doing one thing in a process of its own: `client-subject.ts LIBRARY WORK`, with KUBECONFIG set. Prints a
 * line of JSON: milliseconds, CPU milliseconds, and bytes that the process grew by (resident; and heap after collection).
 */

const [library, work] = process.argv.slice(2);
const rounds = 5;

interface Subject {
  list(): Promise<number>;
  /** Resolves with what is cached when it is in; the cache stays. */
  informer(): Promise<{ count: number; keep: unknown }>;
}

async function fairlead(): Promise<Subject> {
  const { connect } = await import('fairlead/client');
  const cluster = await connect();
  const maps = cluster.resource('v1', 'ConfigMap');
  return {
    list: async () => (await maps.list({ namespace: 'default' }).toArray()).length,
    async informer() {
      const informer = maps.informer({ namespace: 'default' });
      await informer.synced;
      return { count: informer.list().length, keep: informer };
    },
  };
}

async function clientNode(): Promise<Subject> {
  const { CoreV1Api, KubeConfig, makeInformer } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromDefault();
  const api = config.makeApiClient(CoreV1Api);
  const namespace = 'default';
  return {
    list: async () => (await api.listNamespacedConfigMap({ namespace })).items.length,
    async informer() {
      const list = () => api.listNamespacedConfigMap({ namespace });
      const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list);
      await informer.start();
      return { count: informer.list().length, keep: informer };
    },
  };
}

const subjects: Readonly<Record<string, () => Promise<Subject>>> = { fairlead, 'client-node': clientNode };
const importOnly: Readonly<Record<string, () => Promise<unknown>>> = {
  bare: async () => undefined,
  fairlead: () => import('fairlead/client'),
  'client-node': () => import('@kubernetes/client-node'),
};

const kept: unknown[] = [];
/** Returns how many objects there were, and the milliseconds of the middle round. */
async function run(): Promise<{ count: number; ms: number }> {
  if (work === 'import') {
    const started = performance.now();
    await importOnly[library ?? '']?.();
    return { count: 0, ms: performance.now() - started };
  }
  const started = performance.now();
  const subject = await subjects[library ?? '']?.();
  if (subject === undefined) throw new Error(`there is no library ${library}`);
  if (work === 'connect') return { count: 0, ms: performance.now() - started };
  if (work === 'informer') {
    const begun = performance.now();
    const { count, keep } = await subject.informer();
    kept.push(keep);
    return { count, ms: performance.now() - begun };
  }
  const times: number[] = [];
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    count = await subject.list();
    times.push(performance.now() - begun);
  }
  return { count, ms: times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN };
}

const before = process.memoryUsage();
const { count, ms } = await run();
const { rss } = process.memoryUsage();
globalThis.gc?.();
const { heapUsed, external } = process.memoryUsage();
const { user, system } = process.cpuUsage();
const figures = {
  count,
  ms,
  cpuMs: (user + system) / 1000,
  residentBytes: rss - before.rss,
  keptBytes: heapUsed + external - before.heapUsed - before.external,
};
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
