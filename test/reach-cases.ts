/** Services that are well and services that are not, each failure made for real, and what `why`, `ls` and `open` say of them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { identifyProcess } from '../src/lib/process-identity.ts';
import type { Home } from './fairlead-process.ts';

const entry = resolve(import.meta.dirname, '../bin/fairlead.ts');

const echo = (more: object = {}) => ({ name: 'web', image: 'fairlead.local/echo', ...more });
const service = (name: string, app: string, port: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app }, ports: [port] },
});
const pod = (name: string, container: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: { containers: [container] },
});

const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            echo({
              ports: [{ name: 'main', containerPort: 8080 }],
              readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
            }),
          ],
        },
      },
    },
  },
  service('web', 'web', { name: 'http', port: 80, targetPort: 'main' }),
  service('raw', 'web', { name: 'postgres', port: 5432, targetPort: 8080 }),
  service('wrong-selector', 'wbe', { port: 80, targetPort: 8080 }),
  service('wrong-target', 'web', { port: 80, targetPort: 'nope' }),
  service('silent', 'web', { port: 80, targetPort: 8099 }),
  service('speaks-tls', 'web', { name: 'http', port: 80, targetPort: 8443 }),
  service('speaks-plain', 'web', { name: 'https', port: 443, targetPort: 8080 }),
  service('udp', 'web', { port: 53, protocol: 'UDP', targetPort: 8080 }),
  { ...service('outside', '', {}), spec: { type: 'ExternalName', externalName: 'db.example.com' } },
  pod('crash', echo({ args: ['--port', 'nonsense'] })),
  service('crash', 'crash', { port: 80, targetPort: 8080 }),
  pod('unready', echo({ readinessProbe: { httpGet: { path: '/', port: 9999 }, periodSeconds: 1 } })),
  service('unready', 'unready', { port: 80, targetPort: 8080 }),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'forwards', namespace: 'shop' },
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['services'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'forwards', namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'forwards' },
    subjects: [{ kind: 'User', name: 'forwarder', apiGroup: 'rbac.authorization.k8s.io' }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'pods-only', namespace: 'shop' },
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'pods-only', namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pods-only' },
    subjects: [{ kind: 'User', name: 'pods-only', apiGroup: 'rbac.authorization.k8s.io' }],
  },
];

/** A cluster for these tests; the kubeconfig of `home` leads to it. */
export interface ReachSide {
  home: Home;
  apiUrl: string;
  /** That of a running cluster's own. */
  gatewayUrl: string | undefined;
  stop(): Promise<void>;
}

interface Report {
  ok: boolean;
  steps: { check: string; state: string; says: string; fix?: string }[];
}

export function reachTests(
  title: string,
  { start, skip }: { start(): Promise<ReachSide>; skip: string | false },
): void {
  describe(title, { skip }, () => {
    let side: ReachSide;
    const fairlead = (...args: string[]) => side.home.fairlead(...args);
    before(async () => {
      side = await start();
      const file = join(side.home.directory, 'objects.json');
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      const applied = await fairlead('apply', '-f', file);
      assert.equal(applied.code, 0, applied.stderr);
      const waiting = '{.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff';
      for (const args of [
        ['deploy/web', '--for=condition=Available'],
        ['pod/crash', `--for=jsonpath=${waiting}`],
        ['pod/unready', '--for=jsonpath={.status.phase}=Running'],
      ]) {
        const met = await fairlead('wait', '-n', 'shop', '--timeout=60s', ...args);
        assert.equal(met.code, 0, met.stderr);
      }
    });
    after(() => side?.stop());

    const why = async (...args: string[]): Promise<Report & { failed: Report['steps'][number] | undefined }> => {
      const { code, stdout, stderr } = await fairlead('why', ...args, '-o', 'json');
      assert.ok(stdout.startsWith('{'), stderr);
      const report: Report = JSON.parse(stdout);
      const wrong = report.steps.filter(({ state }) => state === 'failed');
      assert.equal(code, report.ok ? 0 : 1);
      assert.equal(wrong.length, report.ok ? 0 : 1);
      // The walk ends at what is wrong.
      if (!report.ok) assert.equal(report.steps.at(-1), wrong[0]);
      return { ...report, failed: wrong[0] };
    };

    test('what is well is walked to its end', async () => {
      const { ok, steps } = await why('web.shop');
      assert.ok(ok, JSON.stringify(steps));
      const states = Object.fromEntries(steps.map(({ check, state }) => [check, state]));
      for (const check of [
        'context',
        'server',
        'credentials',
        'rights',
        'name',
        'port',
        'selector',
        'target port',
        'pods',
        'endpoints',
        'connection',
        'http',
        'process',
      ])
        assert.equal(states[check], 'ok', check);
      assert.match(
        steps.find(({ check }) => check === 'process')?.says ?? '',
        /^web-.* is process \d+ \(.*node .*echo\/main/,
      );
    });

    test('a deployment, a pod and a raw port are walked to as well', async () => {
      for (const target of ['deploy/web', 'raw.shop', 'shop/web:80', 'svc/web']) {
        const { ok, steps } = await why(target, '-n', 'shop');
        assert.ok(ok, `${target}: ${JSON.stringify(steps)}`);
        assert.ok(
          steps.some(({ check, state }) => check === 'connection' && state === 'ok'),
          target,
        );
      }
    });

    for (const [target, check, says, fix] of [
      [
        'wrong-selector.shop',
        'selector',
        /^no pod matches app=wbe; the nearest, web-\S+, has app=web \(wanted: wbe\)$/,
        /patch service wrong-selector -p '\{"spec":\{"selector":\{"app":"web"\}\}\}'$/,
      ],
      [
        'wrong-target.shop',
        'target port',
        /"nope", which no pod declares: they declare 8080 \(main\)/,
        /edit service wrong-target$/,
      ],
      ['silent.shop', 'connection', /^web-\S+:8099 refuses connections/, /logs web-\S+$/],
      ['speaks-tls.shop', 'http', /:8443 speaks TLS/, /"appProtocol":"https"/],
      ['speaks-plain.shop', 'http', /:8080 speaks plain HTTP/, /"appProtocol":"http"/],
      ['udp.shop', 'port', /53\/UDP cannot pass/, /./],
      ['outside.shop', 'type', /alias of db\.example\.com/, /./],
      [
        'crash.shop',
        'pods',
        /^0 of 1 ready; crash: container web waits: CrashLoopBackOff; it last ended with exit code 1/,
        /logs crash -c web --previous$/,
      ],
      ['unready.shop', 'pods', /^0 of 1 ready; unready: not ready/, /describe pod unready$/],
      ['wbe.shop', 'name', /did you mean "web"\?$/, /^fairlead why web -n shop$/],
      ['web.shpo', 'name', /no namespace "shpo"; did you mean "shop"\?$/, /^fairlead why web -n shop$/],
      ['web.default', 'name', /not in the namespace "default" but in "shop"$/, /^fairlead why web -n shop$/],
      ['web.shop:81', 'port', /no port "81"; there is 80\/TCP \(http\)$/, /^fairlead why web.shop:http$/],
      ['pod/none', 'name', /no pod "none"/, /./],
      ['localhost:1', 'listener', /^nothing listens on port 1 /, /./],
      ['http://web.shop.localhost:1/', 'listener', /^nothing listens on port 1 /, /^fairlead proxy --port 1$/],
    ] as const) {
      test(`${target} fails at "${check}"`, async () => {
        const { failed } = await why(target);
        assert.equal(failed?.check, check);
        assert.match(failed?.says ?? '', says);
        assert.match(failed?.fix ?? '', fix);
      });
    }

    test('what mends a wrong selector does', async () => {
      const patch = '{"spec":{"selector":{"app":"web"}}}';
      const object = { ...service('mended', 'wbe', { name: 'http', port: 80, targetPort: 8080 }) };
      const file = join(side.home.directory, 'mended.json');
      await writeFile(file, JSON.stringify(object));
      await fairlead('apply', '-f', file);
      const { failed } = await why('mended.shop');
      assert.ok(failed?.fix?.includes(patch) === true, failed?.fix ?? 'nothing mends it');
      await using running = await Running.start(side.home, ['forward', 'shop/mended=0', '-o', 'json']);
      await running.event(({ state }) => state === 'down');
      await writeFile(file, JSON.stringify({ ...object, spec: { ...object.spec, selector: { app: 'web' } } }));
      await fairlead('apply', '-f', file);
      await running.event(({ state }) => state === 'ready');
      const { ok, steps } = await why('mended.shop');
      assert.ok(ok, JSON.stringify(steps));
      assert.equal(await running.interrupt(), 0);
    });

    test('rights are named: none at all, and just enough', async () => {
      const none = await why('web.shop', '--as', 'nobody-in-particular');
      assert.equal(none.failed?.check, 'rights');
      assert.match(none.failed?.says ?? '', /neither services nor pods in the namespace "shop"/);
      const some = await why('web.shop', '--as', 'forwarder');
      assert.ok(some.ok, JSON.stringify(some.steps));
      const rights = some.steps.find(({ check }) => check === 'rights');
      assert.equal(rights?.state, 'note');
      assert.match(rights?.says ?? '', /you may not list services, list endpointslices, get services\/proxy/);
    });

    test('who may only list pods and forward their ports is led by the labels of pods', async () => {
      const listed = await fairlead('ls', '-n', 'shop', '--as', 'pods-only', '-o', 'json');
      assert.equal(listed.code, 0, listed.stderr);
      assert.match(listed.stderr, /services may not be listed: these are told from the labels of pods/);
      const { services } = JSON.parse(listed.stdout) as {
        services: { name: string; health: string; ports: string[] }[];
      };
      assert.deepEqual(
        services.filter(({ name }) => name === 'web').map(({ health, ports }) => [health, ports]),
        [['ok', ['8080/TCP(main)']]],
      );
      const { ok, steps } = await why('web.shop', '--as', 'pods-only');
      assert.ok(ok, JSON.stringify(steps));
      assert.match(
        steps.find(({ check }) => check === 'name')?.says ?? '',
        /^services may not be read: the pods labelled "web"/,
      );
      assert.ok(steps.some(({ check, state }) => check === 'http' && state === 'ok'));
    });

    test('a server that is down and credentials that are none', async () => {
      const down = await why('web.shop', '--server', 'https://127.0.0.1:1');
      assert.equal(down.failed?.check, 'server');
      assert.match(down.failed?.says ?? '', /nothing listens there \(connection refused\)/);
      const unknown = await why(
        'web.shop',
        '--server',
        side.apiUrl,
        '--token',
        'of-nobody',
        '--insecure-skip-tls-verify',
        '--kubeconfig',
        '/dev/null',
      );
      assert.equal(unknown.failed?.check, 'credentials');
      const { code, stdout } = await fairlead('why', 'web.shop', '--context', 'nowhere');
      assert.equal(code, 1);
      assert.match(stdout, /FAILED\s+context\s+.*nowhere/);
    });

    test('who reads only the first lines ends the command without a complaint', async () => {
      const lines = `"${process.execPath}" "${entry}" why web.shop | head -n 1`;
      const { code, stdout, stderr } = await side.home.run('sh', ['-c', lines]);
      assert.equal(code, 0);
      assert.doesNotMatch(stderr, /error|EPIPE/i);
      assert.match(stdout, /^skipped +listener .*\n$/);
    });

    test('ls tells ways and health', async () => {
      const { code, stdout } = await fairlead('ls', '-n', 'shop', '-o', 'json');
      assert.equal(code, 0);
      const { services } = JSON.parse(stdout) as {
        services: {
          name: string;
          health: string;
          says?: string;
          ready: number;
          total: number;
          ways: { way: string }[];
        }[];
      };
      const of = (name: string) => services.find((each) => each.name === name);
      assert.deepEqual([of('web')?.health, of('web')?.ready, of('web')?.total], ['ok', 2, 2]);
      assert.equal(of('wrong-selector')?.health, 'down');
      assert.match(of('wrong-selector')?.says ?? '', /app=wbe/);
      assert.equal(of('wrong-target')?.health, 'down');
      assert.match(of('crash')?.says ?? '', /CrashLoopBackOff/);
      assert.equal(of('outside')?.health, 'none');
      assert.equal(of('udp')?.ways[0]?.way, 'none');
      assert.equal(of('web')?.ways.at(-1)?.way, 'port-forward');
      const bare = await fairlead('ls', '-n', 'shop', '--as', 'nobody-in-particular');
      assert.equal(bare.code, 1);
      assert.match(bare.stderr, /^error: services is forbidden/);
    });

    test('ls over several contexts: one that is down is a line', async () => {
      const kubeconfig = join(side.home.directory, 'several');
      await writeFile(kubeconfig, await readFile(side.home.kubeconfig));
      for (const args of [
        ['set-cluster', 'dead', '--server=https://127.0.0.1:1'],
        ['set-context', 'dead', '--cluster=dead'],
      ]) {
        const set = await fairlead('config', ...args, '--kubeconfig', kubeconfig);
        assert.equal(set.code, 0, set.stderr);
      }
      const { code, stdout, stderr } = await fairlead('ls', '--all-contexts', '--kubeconfig', kubeconfig);
      assert.equal(code, 1);
      assert.match(stdout, /^CONTEXT +NAMESPACE +NAME +READY +PORTS +WAY +HEALTH\n/);
      assert.match(stdout, /^\S+ +shop +web +2\/2 .* ok$/m);
      assert.match(stderr, /^error: context "dead": Cannot talk to the API server https:\/\/127\.0\.0\.1:1: .*$/m);
    });

    test('open shows what works to the browser, and says what does not', async () => {
      const seen = join(side.home.directory, 'seen');
      const script = join(side.home.directory, 'browser');
      await writeFile(script, `#!/bin/sh\nprintf %s "$1" > '${seen}'\n`, { mode: 0o755 });
      await using own = await Running.start(side.home, ['open', 'web.shop', '--port=0'], { BROWSER: `${script} %s` });
      await own.stderrLine(/^A gateway runs for it, until Ctrl-C: (\S+)$/);
      const url = await readFile(seen, 'utf8');
      assert.match(url, /^http:\/\/web\.shop\.localhost:\d+\/$/);
      // A second one uses the gateway of the first (or the cluster's), and ends.
      const second = await fairlead('open', 'web.shop', '--print');
      assert.equal(second.code, 0, second.stderr);
      assert.match(second.stdout, /^http:\/\/web\.shop\.localhost:\d+\/\n$/);
      const byUrl = await why(url);
      assert.ok(byUrl.ok, JSON.stringify(byUrl.steps));
      assert.match(byUrl.steps[0]?.says ?? '', /^a gateway on port \d+ leads to /);
      const crash = await fairlead('open', 'crash.shop', '--print', '--timeout=0s');
      assert.equal(crash.code, 1);
      assert.match(crash.stderr, /^error: crash\.shop cannot be opened: 0 of 1 ready; crash: .*CrashLoopBackOff/m);
      const typo = await fairlead('open', 'wbe.shop');
      assert.match(typo.stderr, /^error: there is no service "wbe" in the namespace "shop" \(did you mean "web"\?\)$/m);
      assert.equal(await own.interrupt(), 0);
    });

    test('forwards follow pods, keep streams, and fail one by one', { timeout: 120_000 }, async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const inUse = (taken.address() as AddressInfo).port;
      await writeFile(
        join(side.home.directory, 'fairlead.yaml'),
        `namespace: shop\nforwards:\n  - to: raw:postgres\n    local: 0\n  - {to: crash, local: 0}\n  - {to: web, local: ${inUse}}\n  - {to: web, local: 0, context: nowhere}\n`,
      );
      await using running = await Running.start(side.home, ['forward', '-o', 'json']);
      try {
        const listening = await running.event(({ event, to }) => event === 'listening' && to === 'shop/raw:postgres');
        const busy = await running.event(({ state, local }) => state === 'failed' && local === inUse);
        assert.match(String(busy.why), new RegExp(`^Port ${inUse} is in use on 127\\.0\\.0\\.1`));
        const unknown = await running.event(({ state, to }) => state === 'failed' && to === 'nowhere/shop/web');
        assert.match(String(unknown.why), /No context "nowhere"/);
        const down = await running.event(({ state, to }) => state === 'down' && to === 'shop/crash');
        assert.match(String(down.why), /"fairlead why shop\/crash" tells more$/);
        const ready = await running.event(({ state, to }) => state === 'ready' && to === 'shop/raw:postgres');
        const pods = (ready.pods as string[]).map((each) => each.split(':')[0] ?? '');
        assert.equal(pods.length, 2);
        const port = Number(listening.local);
        const byListener = await why(`localhost:${port}`);
        assert.ok(byListener.ok, JSON.stringify(byListener.steps));

        // Two connections are on two pods, the least busy each.
        const streams = await Promise.all([talk(port), talk(port)]);
        const [first, second] = streams;
        assert.ok(first !== undefined && second !== undefined);
        assert.equal(await say(first, 'one\n'), 'one\n');
        assert.equal(await say(second, 'two\n'), 'two\n');
        const [gone] = pods;
        const cut = Promise.race(streams.map((stream) => new Promise((resolve) => stream.once('close', resolve))));
        const deleted = await fairlead('delete', 'pod', gone ?? '', '-n', 'shop', '--wait=false');
        assert.equal(deleted.code, 0, deleted.stderr);
        await cut;
        const kept = streams.find((stream) => !stream.destroyed);
        assert.ok(kept !== undefined, 'the stream to the other pod stays');
        assert.equal(await say(kept, 'three\n'), 'three\n');
        const again = await running.event(
          ({ state, to, pods: now }) =>
            state === 'ready' &&
            to === 'shop/raw:postgres' &&
            (now as string[]).length === 2 &&
            !(now as string[]).some((each) => each.startsWith(`${gone}:`)),
        );
        assert.equal((again.pods as string[]).length, 2);
        const fresh = await talk(port);
        assert.equal(await say(fresh, 'four\n'), 'four\n');
        fresh.destroy();
        kept.destroy();
        assert.equal(await running.interrupt(), 0);
      } finally {
        taken.close();
      }
    });

    test('a forward says that the cluster is out of reach, and comes back with it', { timeout: 60_000 }, async () => {
      const api = new URL(side.apiUrl);
      let line = await CuttableLine.open(Number(api.port), 0);
      const { port } = line;
      await using running = await Running.start(side.home, [
        'forward',
        'shop/raw=0',
        '-o',
        'json',
        `--server=https://127.0.0.1:${port}`,
      ]);
      const listening = await running.event(({ event }) => event === 'listening');
      await running.event(({ state }) => state === 'ready');
      const stream = await talk(Number(listening.local));
      assert.equal(await say(stream, 'one\n'), 'one\n');
      const broken = new Promise((resolve) => stream.once('close', resolve));
      await line.cut();
      await broken;
      const down = await running.event(({ state }) => state === 'down');
      assert.match(String(down.why), /^Cannot talk to the API server https:\/\/127\.0\.0\.1:\d+: /);
      const before = running.count;
      line = await CuttableLine.open(Number(api.port), port);
      await running.event(({ state }) => state === 'ready', before);
      const again = await talk(Number(listening.local));
      assert.equal(await say(again, 'two\n'), 'two\n');
      again.destroy();
      assert.equal(await running.interrupt(), 0);
      await line.cut();
    });

    test('forwards in the background are told of, and stopped one by one', { timeout: 60_000 }, async () => {
      const begun = await fairlead(
        'forward',
        'shop/web=0',
        'shop/raw=0',
        'nowhere/shop/web=1',
        '--detach',
        '-o',
        'json',
      );
      assert.equal(begun.code, 0, begun.stderr);
      const { pid, forwards } = JSON.parse(begun.stdout) as {
        pid: number;
        forwards: { to: string; local: number; state: { kind: string } }[];
      };
      try {
        assert.deepEqual(
          forwards.map(({ to }) => to),
          ['shop/web', 'shop/raw', 'nowhere/shop/web'],
        );
        assert.equal(forwards[2]?.state.kind, 'failed');
        const [web, raw] = forwards.map(({ local }) => local);
        assert.ok(web !== undefined && raw !== undefined);
        const stream = await talk(raw);
        assert.equal(await say(stream, 'one\n'), 'one\n');
        const stop = await fairlead('forward', '--stop', String(web));
        assert.equal(stop.stdout, `Stopped forwarding localhost:${web} to shop/web\n`, stop.stderr);
        await assert.rejects(talk(web), { code: 'ECONNREFUSED' });
        assert.equal(await say(stream, 'two\n'), 'two\n');
        const status = await fairlead('forward', '--status', '-o', 'json');
        assert.equal(status.code, 0);
        const left = JSON.parse(status.stdout).forwards as { to: string; pid: number; connections: { open: number } }[];
        assert.deepEqual(
          left.map(({ to, pid: of, connections }) => [to, of, connections.open]),
          [['shop/raw', pid, 1]],
        );
        const wrong = await fairlead('forward', '--stop', String(web));
        assert.match(wrong.stderr, /^error: no forward "\d+" runs/);
        const closed = new Promise((resolve) => stream.once('close', resolve));
        const all = await fairlead('forward', '--stop');
        assert.equal(all.code, 0, all.stderr);
        await closed;
        assert.equal((await fairlead('forward', '--status')).code, 1);
      } finally {
        const left = identifyProcess(pid);
        if (left !== undefined) process.kill(pid, 'SIGTERM');
      }
    });

    test('a forward that cannot be is refused by name', async () => {
      const udp = await fairlead('forward', 'shop/udp:53/udp=5353');
      assert.equal(udp.code, 2);
      assert.match(udp.stderr, /UDP cannot be forwarded/);
      const twice = await fairlead('forward', 'shop/web=18080', 'shop/raw=18080');
      assert.match(twice.stderr, /port 18080 is asked for twice/);
    });
  });
}

/** A raw connection; the echo image sends back what is no HTTP. */
async function talk(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function say(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let heard = '';
  while (heard.length < text.length) heard += String((await once(socket, 'data'))[0]);
  return heard;
}

/** A way to a port of this machine that can be cut, and opened again on the same port. */
class CuttableLine {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(to: number, port: number): Promise<CuttableLine> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const target = connect(to, '127.0.0.1');
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => other.destroy());
        socket.pipe(other);
      }
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new CuttableLine(server, sockets);
  }

  async cut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** A command that runs until it is told to end. */
class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #events: Record<string, unknown>[] = [];
  readonly #errors: string[] = [];
  #arrived = Promise.withResolvers<void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    const arrive = (): void => {
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    };
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('{')) this.#events.push(JSON.parse(line));
        arrive();
      });
    if (child.stderr !== null)
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.#errors.push(line);
        arrive();
      });
    child.once('exit', arrive);
  }

  static async start(home: Home, args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: home.directory,
      env: { ...home.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Running(child);
  }

  /** Events so far. */
  get count(): number {
    return this.#events.length;
  }

  /** The newest that fits, now or when it comes; `after`: not one of the first so many. */
  event(fits: (event: Record<string, unknown>) => boolean, after = 0): Promise<Record<string, unknown>> {
    return this.#until(() => this.#events.slice(after).findLast(fits));
  }

  stderrLine(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => this.#errors.map((line) => pattern.exec(line)).find((match) => match !== null));
  }

  async #until<T>(look: () => T | null | undefined): Promise<T> {
    for (;;) {
      const arrived = this.#arrived.promise;
      const found = look();
      if (found !== undefined && found !== null) return found;
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.#errors.join('\n')}`);
      await arrived;
    }
  }

  /** Ctrl-C; the exit code. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
