/** Real kubectl, and Fairlead's own commands, in a terminal: exec -it, attach -it and run -it, on the embedded cluster and through a real kube-apiserver. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ClusterClient } from '../../src/client/cluster-client.ts';
import { connect } from '../../src/client/connect.ts';
import { terminalObstacle } from '../../src/node/terminal/binding.ts';
import { entry, Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { Seat } from '../peers/seat.ts';
import { runPod } from '../real-cluster/pods.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const unbuilt = (names: readonly ('kubectl' | 'etcd' | 'kube-apiserver')[]) =>
  names.every((name) => existsSync(peerPath(name)))
    ? false
    : `${names.join(', ')} are not built: run npm run test:interop`;

interface Place {
  home: Home;
  kubeconfig: string;
  client: ClusterClient;
}

const size = { columns: 101, rows: 31 };
/** kubectl attaches with a window that is one column wider for a moment, so that programs draw anew. */
const sized = `until [ "$(stty size)" = '31 101' ]; do :; done; echo it' fits'`;
const protocols = [
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
  // Ours does the same by all of this.
  ['Fairlead', { FAIRLEAD_AS_KUBECTL: '1' }],
] as const;
const fairlead = [process.execPath, entry];

function sit(
  { home, kubeconfig }: Place,
  variables: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Seat> {
  const { FAIRLEAD_AS_KUBECTL: ours, ...rest } = variables;
  const env = { ...home.env, KUBECONFIG: kubeconfig, TERM: 'xterm', ...rest };
  const program = ours === undefined ? [peerPath('kubectl')] : fairlead;
  return Seat.take([...program, ...args], { env, directory: home.directory, size });
}

/** Runs `check` once with kubectl over each protocol, and once with ours. */
async function byEach(
  t: TestContext,
  name: string,
  check: (variables: Readonly<Record<string, string>>, word: string) => Promise<void>,
): Promise<void> {
  for (const [protocol, variables] of protocols) {
    await t.test(`${name}, by ${protocol}`, () => check(variables, protocol.toLowerCase()));
  }
}

async function journeys(t: TestContext, place: Place): Promise<void> {
  const container = { name: 'c', image: 'shell' };
  const pod = { terminationGracePeriodSeconds: 1, restartPolicy: 'Never' as const };
  await runPod(place.client, 'shell', { ...pod, containers: [{ ...container, args: ['-c', 'exec sleep 600'] }] });

  await byEach(t, 'exec -it: a shell, its window, Ctrl-C, the exit code', async (variables) => {
    await using seat = await sit(place, variables, 'exec', '-it', 'shell', '--', '/bin/sh');
    seat.type("PS1='rea''dy> '\n");
    await seat.sees(/ready> /);
    seat.type('stty size; tty\n');
    await seat.sees(/31 101\r\n\/dev\/pts\/\d+/);
    seat.resize({ columns: 66, rows: 22 });
    // Keys and sizes go different ways.
    seat.type("until [ \"$(stty size)\" = '22 66' ]; do :; done; echo now it' is'\n");
    await seat.sees(/now it is/);
    // What says so itself is in front already, and awaits it: shells lose a Ctrl-C while they start a program.
    seat.type(`sh -c 'trap "echo interrupted; exit" INT; echo begun; while :; do sleep 0.02; done'\n`);
    await seat.sees(/begun\r\n/);
    seat.type('\x03');
    await seat.sees(/interrupted\r\n/);
    await seat.sees(/ready> /);
    seat.type('exit 3\n');
    assert.equal(await seat.end(), 3);
  });

  await byEach(t, 'exec -it: Ctrl-D ends the shell', async (variables) => {
    await using seat = await sit(place, variables, 'exec', '-it', 'shell', '--', '/bin/sh');
    seat.type("PS1='rea''dy> '\n");
    await seat.sees(/ready> /);
    seat.type('(exit 4)\n');
    await seat.sees(/ready> /);
    seat.type('\x04');
    assert.equal(await seat.end(), 4);
  });

  await byEach(
    t,
    'exec -it: the window is known to the first program, a whole screen comes through',
    async (variables) => {
      const screen = String.raw`printf '\033[?1049h\033[2J\033[5;10Hhere\033[?1049l'`;
      const command = ['exec', '-it', 'shell', '--', '/bin/sh', '-c', `stty size; ${screen}; seq 1 20000; exit 7`];
      await using seat = await sit(place, variables, ...command);
      await seat.sees(/^31 101\r\n/);
      await seat.sees(/\x1b\[\?1049h\x1b\[2J\x1b\[5;10Hhere\x1b\[\?1049l/);
      await seat.sees(/\r\n19999\r\n20000\r\n/);
      assert.equal(await seat.end(), 7);
    },
  );

  await byEach(
    t,
    'exec -it: where kubectl is killed, the command in the pod gets a hang-up',
    async (variables, word) => {
      const [told, pipe] = [join(place.home.directory, `told-${word}`), join(place.home.directory, `pipe-${word}`)];
      execFileSync('mkfifo', [pipe]);
      // Nothing can be read to the end of the pipe before the last that holds it has ended.
      const script = `exec 9>${pipe}; trap 'echo HUP >${told}; exit' HUP; echo up; while :; do sleep 0.02; done`;
      await using seat = await sit(place, variables, 'exec', '-it', 'shell', '--', '/bin/sh', '-c', script);
      const held = readFile(pipe);
      await seat.sees(/up\r\n/);
      seat.kill();
      await held;
      assert.equal(await readFile(told, 'utf8'), 'HUP\n');
    },
  );

  await byEach(t, 'exec -it: what cannot be run is told, and is no success', async (variables) => {
    await using seat = await sit(place, variables, 'exec', '-it', 'shell', '--', 'no-such-program');
    await seat.sees(/"no-such-program": executable file not found in \$PATH/);
    assert.equal(await seat.end(), 1);
  });

  await byEach(t, 'attach -it: comes and goes, the container`s own end', async (variables, word) => {
    const name = `attach-${word}`;
    await runPod(place.client, name, { ...pod, containers: [{ ...container, stdin: true, tty: true }] });
    {
      await using first = await sit(place, variables, 'attach', '-it', '--quiet', name);
      first.type(`PS1='rea''dy> '; ${sized}\n`);
      await first.sees(/it fits\r\nready> /);
      first.type('echo begun; while read -r line; do echo "you said <$line>"; done\n');
      await first.sees(/begun\r\n/);
    }
    await using second = await sit(place, variables, 'attach', '-it', '--quiet', name);
    // What it ran goes on; and once that has answered, keys are no longer kubectl's own.
    second.type('hello\n');
    await second.sees(/you said <hello>/);
    second.type('\x03');
    await second.sees(/ready> /);
    second.type('exit 9\n');
    // How the container ended is in the pod's status: an attachment that ended well is no failure.
    assert.equal(await second.end(), 0);
    const log = await home(place, 'logs', name);
    assert.match(log.stdout, /it fits\r?\nready> [\s\S]*exit 9/);
    const code = ['get', 'pod', name, '-o', 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}'];
    assert.equal(
      (await home(place, 'wait', `pod/${name}`, '--for=jsonpath={.status.phase}=Failed', '--timeout=30s')).code,
      0,
    );
    assert.equal((await home(place, ...code)).stdout, '9');
  });

  await byEach(t, 'run -it --rm: a pod for one session, with its exit code', async (variables, word) => {
    const name = `run-${word}`;
    const args = ['run', '-it', '--rm', '--quiet', name, '--image=shell', '--restart=Never'];
    await using seat = await sit(place, variables, ...args);
    // It may have been typed before anybody was attached: the terminal kept it.
    seat.type(`${sized}; exit 5\n`);
    await seat.sees(/it fits\r\n/);
    assert.equal(await seat.end(), 5);
    const gone = await home(place, 'get', 'pod', name);
    assert.match(gone.stderr, /NotFound/);
  });
}

function home(place: Place, ...args: string[]) {
  return place.home.run('/usr/bin/env', [`KUBECONFIG=${place.kubeconfig}`, peerPath('kubectl'), ...args]);
}

test('kubectl in a terminal, on the embedded cluster', {
  skip: terminalObstacle() ?? unbuilt(['kubectl']),
  timeout: 120_000,
}, async (t) => {
  await using home = await Home.make();
  await using _cluster = await RunningFairlead.up(home, '--data=:memory:', '--image', 'shell=/bin/sh');
  await using cluster = await connect({ path: home.kubeconfig });
  await journeys(t, { home, kubeconfig: home.kubeconfig, client: cluster.client });
});

test('kubectl in a terminal, through a real kube-apiserver to our node', {
  skip: terminalObstacle() ?? unbuilt(['kubectl', 'etcd', 'kube-apiserver']),
  timeout: 170_000,
}, async (t) => {
  await using home = await Home.make();
  await using cluster = await startRealClusterWithNode({ images: { shell: '/bin/sh' } });
  await journeys(t, { home, kubeconfig: cluster.kubeconfig, client: cluster.client });
});
