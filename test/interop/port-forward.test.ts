/** The real kubectl's port-forward and exec, over WebSocket and over raw SPDY, on the embedded cluster. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { KubectlForward } from '../peers/kubectl-forward.ts';

const kubectlPath = peerPath('kubectl');
const skip = existsSync(kubectlPath) ? false : 'kubectl is not built: run npm run test:interop';
/** kubectl's own switches to its older protocol. */
const protocols = [
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false', KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
] as const;

let home: Home;
let cluster: RunningFairlead;

before(async () => {
  if (skip !== false) return;
  home = await Home.make();
  cluster = await RunningFairlead.up(home, '--image', 'shell=/bin/sh');
  await kubectl('create', 'deployment', 'echo', '--image=fairlead.local/echo', '--port=8080');
  await kubectl('expose', 'deployment/echo', '--port=80', '--target-port=8080');
  await kubectl('run', 'alone', '--image=fairlead.local/echo');
  await kubectl('run', 'shell', '--image=shell', '--', '-c', 'exec sleep 600');
  await kubectl('rollout', 'status', 'deployment/echo', '--timeout=30s');
  await kubectl('wait', '--for=condition=Ready', 'pod/alone', 'pod/shell', '--timeout=30s');
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await home.run(kubectlPath, args);
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

for (const [protocol, variables] of protocols) {
  const forward = (target: string, ports = [8080]) =>
    KubectlForward.start({ ...home.env, ...variables }, target, ports);

  test(`${protocol}: a pod, a service and a deployment, with half-close`, { skip }, async () => {
    for (const [target, port] of [
      ['pod/alone', 8080],
      ['service/echo', 80],
      ['deployment/echo', 8080],
    ] as const) {
      await using forwarded = await forward(target, [port]);
      assert.equal(await forwarded.exchange('said and heard\n'), 'said and heard\n', target);
      const answer = await forwarded.exchange('GET /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      assert.match(answer, /^HTTP\/1\.1 200/, target);
    }
  });

  test(`${protocol}: a hundred connections at once through one forward, then one after the other`, {
    skip,
  }, async () => {
    await using forwarded = await forward('pod/alone');
    const sent = Array.from({ length: 100 }, () => randomBytes(30_000).toString('hex'));
    const received = await Promise.all(sent.map((one) => forwarded.exchange(one)));
    assert.ok(received.every((one, i) => one === sent[i]));
    for (let i = 0; i < 300; i++) assert.equal(await forwarded.exchange(`hello ${i}`), `hello ${i}`);
    assert.equal(forwarded.errors, '');
  });

  test(`${protocol}: large streams both ways, unharmed`, { skip }, async () => {
    await using forwarded = await forward('pod/alone');
    const sent = randomBytes(32 * 1024 * 1024);
    const socket = connect({ host: '127.0.0.1', port: forwarded.ports[0] ?? 0, allowHalfOpen: true });
    const started = performance.now();
    socket.end(sent);
    assert.ok((await buffer(socket)).equals(sent));
    const seconds = (performance.now() - started) / 1000;
    assert.ok(seconds < 20, `32 MiB there and back took ${seconds} s`);
  });

  test(`${protocol}: a connection that idles stays; what the pod drops is dropped`, { skip }, async () => {
    await using forwarded = await forward('pod/alone');
    const idle = connect({ host: '127.0.0.1', port: forwarded.ports[0] ?? 0 });
    idle.write('first');
    assert.equal(String((await once(idle, 'data'))[0]), 'first');
    await forwarded.exchange('others come and go');
    idle.write('second');
    assert.equal(String((await once(idle, 'data'))[0]), 'second');
    idle.destroy();
    assert.equal(await forwarded.exchange('still here'), 'still here');
  });

  test(`${protocol}: where nothing listens, kubectl says so`, { skip }, async () => {
    await using forwarded = await forward('pod/alone', [9]);
    await forwarded.exchange('anyone?').catch(() => {});
    await forwarded.ended();
    assert.match(forwarded.errors, /error forwarding port 9 to pod alone.*: connection refused/);
  });

  test(`${protocol}: the pod goes while it is forwarded`, { skip }, async () => {
    await kubectl('run', 'brief', '--image=fairlead.local/echo');
    await kubectl('wait', '--for=condition=Ready', 'pod/brief', '--timeout=30s');
    await using forwarded = await forward('pod/brief');
    const socket = connect({ host: '127.0.0.1', port: forwarded.ports[0] ?? 0 });
    socket.on('error', () => {});
    socket.write('hello');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await kubectl('delete', 'pod', 'brief', '--timeout=30s');
    await closed;
    await forwarded.exchange('gone?').catch(() => {});
    await forwarded.ended();
    assert.match(forwarded.errors, /lost connection to pod|error forwarding/);
  });

  const kubectlWith = (input: string, ...args: string[]) => {
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return home.run('/usr/bin/env', [...assignments, kubectlPath, ...args], input);
  };

  test(`${protocol}: exec with streams apart, standard input and exit codes`, { skip }, async () => {
    const failed = await kubectlWith('', 'exec', 'shell', '--', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7');
    assert.deepEqual([failed.stdout, failed.code], ['out\n', 7]);
    assert.match(failed.stderr, /^err\n/);
    const big = 'x'.repeat(3_000_000);
    const copied = await kubectlWith(big, 'exec', '-i', 'shell', '--', '/bin/cat');
    assert.deepEqual([copied.code, copied.stdout.length], [0, big.length], copied.stderr);
    const missing = await kubectlWith('', 'exec', 'shell', '--', '/no/such/program');
    assert.notEqual(missing.code, 0);
  });

  test(`${protocol}: run -i and attach join the main process`, { skip }, async () => {
    const name = `joined-${protocol.toLowerCase()}`;
    const script = 'while read line; do echo "heard $line"; done; exit 5';
    const args = ['run', '-i', '--quiet', '--restart=Never', '--image=shell', name, '--', '-c', script];
    const joined = await kubectlWith('this\n', ...args);
    assert.deepEqual([joined.stdout, joined.code], ['heard this\n', 5], joined.stderr);
    await kubectl('delete', 'pod', name, '--timeout=30s');
    // Or it would attach, too, end the script, and be Ready yet while that is started again.
    await kubectl('run', name, '--image=shell', '--stdin', '--attach=false', '--', '-c', script);
    await kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s');
    const attached = await kubectlWith('that\n', 'attach', '-i', name);
    assert.deepEqual([attached.stdout, attached.code], ['heard that\n', 0], attached.stderr);
    await kubectl('delete', 'pod', name, '--timeout=30s');
  });
}
