/** The same command lines by the real kubectl and by Fairlead, each in a namespace of its own, on one cluster. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Finished, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

/** Why these tests cannot run here; false when they can. */
export const skipBesideKubectl = ['kubectl', 'kube-apiserver', 'etcd'].every((name) =>
  existsSync(peerPath(name === 'etcd' ? 'etcd' : name === 'kubectl' ? 'kubectl' : 'kube-apiserver')),
)
  ? false
  : 'the peers are not built: run npm run test:interop';

const settleMs = 60_000;

/** `failure`: whether it failed, and nothing else. */
type Sense = 'bytes' | 'outcome' | 'failure';

export interface Step {
  /** Words separated by spaces; quotes are not read. Or the words themselves. */
  line: string | readonly string[];
  /** For standard input. */
  input?: string;
  /** Only exit codes and whether something was printed to each stream: where our sentences are our own. */
  sense?: Sense;
  /** Both must come to the same within a minute: what controllers do takes its time. */
  settles?: boolean;
}

/** Lines in order, in two namespaces of their own. */
export interface Round {
  /** Run by kubectl in both namespaces first. */
  prepare?: string;
  steps: readonly Step[];
}

interface Namespaces {
  theirs: string;
  ours: string;
}

/** Of the same length, so that columns stay where they are. */
function namespacesOf(round: number): Namespaces {
  return { theirs: `beside-${round}-1`, ours: `beside-${round}-2` };
}

/** What differs from run to run and from object to object becomes the same word. */
function normal(text: string, namespace: string): string {
  return text
    .replaceAll(namespace, 'SIDE')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
    .replace(/(resourceVersion"?: "?)\d+/g, '$1VERSION')
    .replace(/\b10\.96\.\d+\.\d+/g, 'CLUSTERIP')
    .replace(/\b\d+[smh](?:\d+[sm])?\b/g, 'AGE')
    .replace(/:3[0-2]\d{3}\/TCP/g, ':NODEPORT/TCP')
    .replace(/(nodePort: )\d+/g, '$1NODEPORT')
    .replace(/ {2,}/g, '  ');
}

export interface Side {
  home: Home;
  /** Flags that lead to the cluster. */
  flags: readonly string[];
  stop(): Promise<void>;
}

/** Image name to the command of this machine that stands for it. */
type Images = Readonly<Record<string, string>>;

/** Ways to start a cluster, by what it is. */
export const clusters: Readonly<Record<string, (images: Images) => Promise<Side>>> = {
  'the embedded cluster': async (images) => {
    const home = await Home.make();
    const given = Object.entries(images).flatMap(([image, command]) => ['--image', `${image}=${command}`]);
    const running = await RunningFairlead.up(home, '--data=:memory:', ...given);
    return {
      home,
      flags: [],
      async stop() {
        await running[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      },
    };
  },
  'a real kube-apiserver with our node': async (images) => {
    const home = await Home.make();
    const cluster = await startRealClusterWithNode({ images });
    return {
      home,
      flags: [`--kubeconfig=${cluster.kubeconfig}`],
      async stop() {
        await cluster[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      },
    };
  },
};

/** One test for each step, round after round on one cluster of each kind. */
export function besideKubectl(rounds: Readonly<Record<string, Round>>, images: Images = {}): void {
  for (const [name, start] of Object.entries(clusters)) {
    describe(`beside kubectl, on ${name}`, { skip: skipBesideKubectl }, () => {
      let side: Side;
      before(async () => {
        side = await start(images);
      });
      after(() => side?.stop());
      for (const [number, [title, round]] of Object.entries(rounds).entries()) {
        describe(`${title}, on ${name}`, () => runRound(round, namespacesOf(number), () => side));
      }
    });
  }
}

function runRound({ prepare, steps }: Round, namespaces: Namespaces, sideOf: () => Side): void {
  const kubectl = (args: readonly string[], input?: string) => {
    const { home, flags } = sideOf();
    return home.run(peerPath('kubectl'), [...flags, ...args], input);
  };
  before(async () => {
    for (const namespace of Object.values(namespaces)) {
      const made = await kubectl(['create', 'namespace', namespace]);
      assert.equal(made.code, 0, made.stderr);
      // What controllers put into every namespace: lists have it, and on a real cluster no pod is made before.
      const own = ['sa/default', 'cm/kube-root-ca.crt'];
      const settled = await kubectl(['wait', '-n', namespace, '--for=create', ...own, '--timeout=60s']);
      assert.equal(settled.code, 0, settled.stderr);
      if (prepare === undefined) continue;
      const applied = await kubectl(['apply', '-n', namespace, '-f', '-'], prepare);
      assert.equal(applied.code, 0, applied.stderr);
    }
  });
  for (const { line, input, sense = 'bytes', settles = false } of steps) {
    const words = typeof line === 'string' ? line.split(' ') : line;
    test(words.join(' '), async (t) => {
      let said = '';
      const run = async (): Promise<[object, object]> => {
        const { home, flags } = sideOf();
        const args = (namespace: string) => [
          '-n',
          namespace,
          ...words.map((word) => word.replaceAll('SIDE', namespace)),
        ];
        const [theirs, ours] = await Promise.all([
          kubectl(args(namespaces.theirs), input),
          home.runFairlead([...flags, ...args(namespaces.ours)], input),
        ]);
        said = `kubectl said: ${theirs.stderr}fairlead said: ${ours.stderr}`;
        return [judged(theirs, namespaces.theirs, sense), judged(ours, namespaces.ours, sense)];
      };
      let pair = await run();
      const end = performance.now() + settleMs;
      while (settles && performance.now() < end && JSON.stringify(pair[0]) !== JSON.stringify(pair[1])) {
        // It settles the sooner for not being looked at all the time.
        await delay(200);
        pair = await run();
      }
      // What both complained of is said in words only where it matters.
      if (!isDeepStrictEqual(pair[1], pair[0])) t.diagnostic(said);
      assert.deepEqual(pair[1], pair[0]);
    });
  }
}

function judged({ code, stdout, stderr }: Finished, namespace: string, sense: Sense): object {
  if (sense === 'failure') return { failed: code !== 0 };
  if (sense === 'outcome') return { failed: code !== 0, prints: stdout !== '', complains: stderr !== '' };
  return { code, stdout: normal(stdout, namespace), complains: stderr !== '' };
}
