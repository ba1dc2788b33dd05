/** What Fairlead's commands into pods do beyond kubectl's, on the embedded cluster and a real kube-apiserver with our node. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { Node, Pod } from '../../src/api/types/core-v1.ts';
import type { ClusterClient } from '../../src/client/cluster-client.ts';
import { connect } from '../../src/client/connect.ts';
import { terminalObstacle } from '../../src/node/terminal/binding.ts';
import { entry, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { Seat } from '../peers/seat.ts';
import { podWhen, runPod } from '../real-cluster/pods.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const images = { shell: '/bin/sh' };
const size = { columns: 100, rows: 30 };

interface Place {
  home: Home;
  kubeconfig: string;
  client: ClusterClient;
  server: string;
  stop(): Promise<void>;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  'the embedded cluster': async () => {
    const home = await Home.make();
    const running = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
    const cluster = await connect({ path: home.kubeconfig });
    return {
      home,
      kubeconfig: home.kubeconfig,
      client: cluster.client,
      server: cluster.server,
      async stop() {
        await cluster[Symbol.asyncDispose]();
        await running[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      },
    };
  },
  'a real kube-apiserver with our node': async () => {
    const home = await Home.make();
    const cluster = await startRealClusterWithNode({ images });
    return {
      home,
      kubeconfig: cluster.kubeconfig,
      client: cluster.client,
      server: cluster.apiUrl,
      async stop() {
        await cluster[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      },
    };
  },
};

const skip = (['etcd', 'kube-apiserver'] as const).every((name) => existsSync(peerPath(name)))
  ? false
  : 'the peers are not built: run npm run test:interop';

/** Passes bytes on to the API server, until it is told to cut all that it carries. */
async function openCuttable(
  server: string,
): Promise<{ url: string; cut(): void; cutAfter(bytes: number): void } & AsyncDisposable> {
  const { hostname, port, protocol } = new URL(server);
  const carried = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  const listener = createServer((client) => {
    const upstream = dial({ host: hostname, port: Number(port) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      carried.add(from);
      from.pipe(to);
      from.on('data', (chunk) => {
        left -= chunk.length;
        if (left <= 0) cut();
      });
      from.on('error', () => {});
      from.on('close', () => {
        carried.delete(from);
        to.destroySoon();
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  function cut(): void {
    left = Number.POSITIVE_INFINITY;
    // What it has taken still arrives: a reset would take back what a slow reader has not read.
    for (const socket of carried) socket.destroySoon();
  }
  return {
    url: `${protocol}//127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut,
    cutAfter(bytes) {
      left = bytes;
    },
    async [Symbol.asyncDispose]() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** What a child has printed so far, and a promise of more. */
function printed(child: ChildProcess): { text: string; has(pattern: RegExp): Promise<void> } {
  const seen = {
    text: '',
    async has(pattern: RegExp): Promise<void> {
      while (!pattern.test(seen.text)) {
        if (child.exitCode !== null || child.stdout === null) assert.fail(`it ended with: ${seen.text}`);
        await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
      }
    },
  };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    seen.text += chunk;
  });
  return seen;
}

for (const [name, start] of Object.entries(places)) {
  describe(`into pods, on ${name}`, { skip, timeout: 120_000 }, () => {
    let place: Place;
    const shell = (script: string) => ({ name: 'c', image: 'shell', args: ['-c', script] });
    const common = { terminationGracePeriodSeconds: 1 };
    const command = (...args: string[]): string[] => [entry, `--kubeconfig=${place.kubeconfig}`, ...args];
    const fairlead = (...args: string[]) => place.home.run(process.execPath, command(...args), '');
    const launched: ChildProcess[] = [];
    const launch = (...args: string[]) => {
      const child = spawn(process.execPath, command(...args), { env: place.home.env, stdio: ['pipe', 'pipe', 'pipe'] });
      launched.push(child);
      return child;
    };
    before(async () => {
      place = await start();
      await runPod(place.client, 'still', { ...common, containers: [shell('exec sleep 600')] });
    });
    after(async () => {
      // What a failed test left.
      for (const child of launched) if (child.exitCode === null) child.kill('SIGKILL');
      await place?.stop();
    });

    test('logs -f comes whole through connections that are cut again and again', async () => {
      await using proxy = await openCuttable(place.server);
      // It waits until it is followed, or all would be there before.
      const script = 'echo up; read go; for i in $(seq 0 399); do echo line $i; sleep 0.005; done; echo end';
      const container = { ...shell(script), stdin: true };
      await runPod(place.client, 'talks', { ...common, restartPolicy: 'Never', containers: [container] });
      const child = launch('logs', '-f', 'talks', `--server=${proxy.url}`);
      const complaints = text(child.stderr);
      const closed = once(child, 'close');
      const seen = printed(child);
      await seen.has(/^up\n/);
      const go = launch('attach', '-i', '-q', 'talks');
      const gone = once(go, 'close');
      go.stdin.end('go\n');
      go.stdout.resume();
      for (const at of [10, 60, 130, 131, 260, 350]) {
        await seen.has(new RegExp(`^line ${at}$`, 'm'));
        proxy.cut();
      }
      await Promise.all([closed, gone]);
      assert.equal(seen.text, `up\n${Array.from({ length: 400 }, (_, i) => `line ${i}\n`).join('')}end\n`);
      assert.equal(child.exitCode, 0);
      assert.match(await complaints, /The log broke off .*\nThe log goes on where it broke off\./);
    });

    test('logs -f goes on when the container is restarted, and ends when the pod goes', async () => {
      const file = join(place.home.directory, 'seen');
      // The first run ends when it was seen.
      const script = `[ ! -e ${file} ] || { echo second; exec sleep 600; }; echo first; while [ ! -e ${file} ]; do sleep 0.02; done; exit 1`;
      const pod: Pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'again', namespace: 'default' },
        spec: { ...common, containers: [shell(script)] },
      };
      await place.client.resource<Pod>('v1', 'pods').create(pod);
      const child = launch('logs', '-f', 'again', '--pod-running-timeout=1m');
      const complaints = text(child.stderr);
      const closed = once(child, 'close');
      const seen = printed(child);
      await seen.has(/first\n/);
      await writeFile(file, '');
      await seen.has(/second\n/);
      await place.client.resource('v1', 'pods').delete('again', { namespace: 'default' });
      await closed;
      assert.deepEqual([seen.text, child.exitCode], ['first\nsecond\n', 0]);
      assert.match(await complaints, /The container was restarted \(restart 1\); its log goes on\./);
    });

    test('exec says that its connection broke', async () => {
      await using proxy = await openCuttable(place.server);
      const child = launch('exec', 'still', `--server=${proxy.url}`, '--', 'sh', '-c', 'echo up; exec sleep 600');
      const complaints = text(child.stderr);
      const closed = once(child, 'close');
      await printed(child).has(/up/);
      proxy.cut();
      await closed;
      assert.equal(child.exitCode, 1);
      assert.match(
        await complaints,
        /^error: the connection to the command ended .*Whether it goes on there is not known\.\n$/,
      );
    });

    test('a terminal is left as it was: after the end, after a lost connection, after SIGTERM', {
      skip: terminalObstacle() ?? false,
    }, async () => {
      await using proxy = await openCuttable(place.server);
      const env = { ...place.home.env, TERM: 'xterm' };
      const line = [process.execPath, ...command('exec', '-it', 'still', `--server=${proxy.url}`, '--')].join(' ');
      await using seat = await Seat.take(['/bin/sh'], { env, directory: place.home.directory, size });
      seat.type(`PS1='rea''dy> '\n`);
      await seat.sees(/ready> /);
      seat.type('before=$(stty -g)\n');
      await seat.sees(/ready> /);
      const ends: Record<string, (pid: string) => void> = {
        exit: () => seat.type('exit\n'),
        cut: () => proxy.cut(),
        term: (pid) => process.kill(Number(pid), 'SIGTERM'),
      };
      for (const [how, end] of Object.entries(ends)) {
        seat.type(`sh -c 'echo pid $$ .; exec ${line} sh'\n`);
        const [, pid = ''] = await seat.sees(/pid (\d+) \./);
        seat.type(`echo in''side ${how}\n`);
        await seat.sees(new RegExp(`inside ${how}`));
        end(pid);
        await seat.sees(/ready> /);
        seat.type(`[ "$(stty -g)" = "$before" ] && echo the''same\n`);
        await seat.sees(/thesame/);
        await seat.sees(/ready> /);
      }
    });

    test('cp goes on where its connection broke, as often as it is told to', async () => {
      await using proxy = await openCuttable(place.server);
      const file = join(place.home.directory, 'large');
      await writeFile(file, randomBytes(8_000_000));
      const copy = (...flags: string[]) => fairlead('cp', `still:${file}`, 'copy', `--server=${proxy.url}`, ...flags);
      proxy.cutAfter(3_000_000);
      const failed = await copy();
      assert.equal(failed.code, 1);
      assert.equal(existsSync(join(place.home.directory, 'copy')), false);
      proxy.cutAfter(3_000_000);
      const { code, stderr } = await copy('--retries=2');
      assert.equal(code, 0, stderr);
      assert.match(stderr, /going on after \d{7} bytes \(retry 1 of 2\)/);
      assert.ok((await readFile(file)).equals(await readFile(join(place.home.directory, 'copy'))));
    });

    test('port-forward outlives connections that fail, and its pod', async () => {
      const listen = (name: string) =>
        runPod(
          place.client,
          name,
          { ...common, containers: [{ name: 'e', image: 'fairlead.local/echo' }] },
          { app: 'e' },
        );
      await listen('one');
      await place.client.resource('v1', 'services').create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'echo', namespace: 'default' },
        spec: { selector: { app: 'e' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      } as never);
      const child = launch('port-forward', 'svc/echo', ':http', ':8081', '--address=127.0.0.1').on('error', () => {});
      await once(child, 'close');
      assert.equal(child.exitCode, 1);
      for (const target of ['svc/echo', 'pod/one']) {
        const port = target === 'svc/echo' ? 80 : 8080;
        const forward = launch('port-forward', target, `:${port}`, ...(target === 'pod/one' ? [':9'] : []));
        const complaints = text(forward.stderr);
        const closed = once(forward, 'close');
        const seen = printed(forward);
        await seen.has(target === 'pod/one' ? /-> 9\n/ : /-> 8080\n/);
        const [local = 0, dead] = [...seen.text.matchAll(/^Forwarding from 127\.0\.0\.1:(\d+) -> \d+$/gm)].map((m) =>
          Number(m[1]),
        );
        const ask = (): Promise<string> => {
          const socket = dial({ host: '127.0.0.1', port: local, allowHalfOpen: true });
          socket.end('said\n');
          return text(socket);
        };
        assert.equal(await ask(), 'said\n');
        if (dead !== undefined) {
          const socket = dial({ host: '127.0.0.1', port: dead });
          socket.on('error', () => {});
          socket.resume();
          await new Promise((resolve) => socket.once('close', resolve));
        }
        assert.equal(await ask(), 'said\n');
        const replacement = target === 'svc/echo' ? 'two' : 'one';
        await place.client.resource('v1', 'pods').delete('one', { namespace: 'default' });
        await podWhen(place.client, 'one', (pod) => pod === undefined);
        await listen(replacement);
        for (let answer = ''; answer !== 'said\n'; ) answer = await ask().catch(() => '');
        assert.match(seen.text, new RegExp(`^Handling connection for ${local}$`, 'm'));
        forward.kill('SIGTERM');
        await closed;
        if (dead !== undefined) assert.match(await complaints, new RegExp(`a connection for ${dead} failed`));
        if (target === 'svc/echo') await listen('one');
      }
    });

    test('shell: in a container, and what there is to say where there is none', {
      skip: terminalObstacle() ?? false,
    }, async () => {
      const env = { ...place.home.env, TERM: 'xterm' };
      const argv = [process.execPath, ...command('shell', 'pod/still')];
      await using seat = await Seat.take(argv, { env, directory: place.home.directory, size });
      seat.type("PS1='rea''dy> '\n");
      await seat.sees(/ready> /);
      seat.type('stty size; exit 4\n');
      await seat.sees(/30 100\r\n/);
      assert.equal(await seat.end(), 4);

      const piped = launch('shell', 'still');
      piped.stdin.end('echo by a pipe; exit 3\n');
      const [said, [code]] = await Promise.all([text(piped.stdout), once(piped, 'close')]);
      assert.deepEqual([said, code], ['by a pipe\n', 3]);

      const [node] = (await place.client.resource<Node>('v1', 'nodes').list()).items;
      const refused = await fairlead('shell', `node/${node?.metadata.name}`);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^error: node \S+ runs its pods as processes of the machine /);
    });

    test('shell node/…: its pod has all rights there, and is gone in every case', async () => {
      const nodes = place.client.resource<Node>('v1', 'nodes');
      await nodes.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'elsewhere' } });
      const left = async (): Promise<Pod[]> =>
        (await place.client.resource<Pod>('v1', 'pods').list({ labelSelector: 'app.kubernetes.io/name=node-shell' }))
          .items;
      // Nobody runs it there: it is given up, and then stopped from here.
      const late = await fairlead('shell', 'node/elsewhere', '--pod-running-timeout=1s', '--limit=5m');
      assert.equal(late.code, 1);
      assert.match(late.stderr, /did not run within 1 s/);
      assert.deepEqual(await left(), []);

      const stopped = launch('shell', 'node/elsewhere', '--limit=5m');
      const closed = once(stopped, 'close');
      stopped.stderr.setEncoding('utf8');
      await once(stopped.stderr, 'data');
      const [pod] = await left();
      const { hostPID, nodeName, activeDeadlineSeconds, containers } = pod?.spec ?? {};
      assert.deepEqual(
        [hostPID, nodeName, activeDeadlineSeconds, containers?.[0]?.securityContext?.privileged],
        [true, 'elsewhere', 300, true],
      );
      stopped.kill('SIGINT');
      await closed;
      assert.equal(stopped.exitCode, 130);
      assert.deepEqual(await left(), []);
    });

    test('what is wrong is said in a sentence, with the nearest name', async () => {
      const cases: [string[], RegExp][] = [
        [
          ['exec', 'stil', '--', 'ls'],
          /^Error from server \(NotFound\): pods "stil" not found \(did you mean "still"\?\)\n$/,
        ],
        [
          ['logs', 'still', '-c', 'd'],
          /^error: container d is not valid for pod still out of: c \(did you mean "c"\?\)\n$/,
        ],
        [['exec', 'still', 'ls'], /^error: the command comes after --: exec still -- ls\n/],
        [['logs', 'deploy/none'], /^Error from server \(NotFound\): deployments\.apps "none" not found\n$/],
        [['shell', 'node/nowhere'], /^Error from server \(NotFound\): nodes "nowhere" not found/],
        [
          ['exec', 'still', '--as=nobody', '--', 'ls'],
          /^Error from server \(Forbidden\): pods "still" is forbidden: User "nobody" cannot get resource "pods"/,
        ],
        [
          ['port-forward', 'still', 'http'],
          /^error: pod still has no port with the name "http"; it has none with a name\n$/,
        ],
      ];
      for (const [args, expected] of cases) {
        const { code, stdout, stderr } = await fairlead(...args);
        assert.match(stderr, expected, args.join(' '));
        assert.deepEqual([code === 0, stdout], [false, ''], args.join(' '));
      }
    });
  });
}
