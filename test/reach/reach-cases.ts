/** What `why`, `ls`, `open` and `forward` say of services that are well and of services that are not. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { EndpointSlice } from '../../src/api/types/discovery-v1.ts';
import { entry, type Finished } from '../fairlead-process.ts';
import { forwardTests } from './forward-cases.ts';
import { objects, service } from './objects.ts';
import { otherWayTests } from './other-way-cases.ts';
import type { ReachSide } from './reach-side.ts';
import { why as whyOf } from './reach-side.ts';
import { Running } from './running-command.ts';

/** Whether each service of `web` has the two pods in its slices. */
async function haveEndpoints(fairlead: (...args: string[]) => Promise<Finished>): Promise<boolean> {
  const { code, stdout, stderr } = await fairlead('get', 'endpointslices', '-n', 'shop', '-o', 'json');
  assert.equal(code, 0, stderr);
  const { items }: { items: EndpointSlice[] } = JSON.parse(stdout);
  const services = objects.filter((each) => JSON.stringify(each).includes('"selector":{"app":"web"}'));
  return services.every(({ metadata: { name } }) => {
    const own = items.filter(({ metadata: { labels } }) => labels?.['kubernetes.io/service-name'] === name);
    const endpoints = own.flatMap((slice) => slice.endpoints ?? []);
    return endpoints.filter(({ conditions }) => conditions?.ready === true).length === 2;
  });
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
      // Written behind the pods, for each service at its own time.
      while (!(await haveEndpoints(fairlead))) await delay(100);
    });
    after(() => side?.stop());

    const why = (...args: string[]) => whyOf(side, ...args);

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
      ['crash.shop', 'pods', /^0 of 1 ready; crash: .*ended with exit code 1/, /logs crash -c web --previous$/],
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
      assert.match(of('crash')?.says ?? '', /ended with exit code 1/);
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
      assert.match(
        crash.stderr,
        /^error: crash\.shop cannot be opened: 0 of 1 ready; crash: .*ended with exit code 1/m,
      );
      const typo = await fairlead('open', 'wbe.shop');
      assert.match(typo.stderr, /^error: there is no service "wbe" in the namespace "shop" \(did you mean "web"\?\)$/m);
      assert.equal(await own.interrupt(), 0);
    });

    forwardTests(() => side);
    otherWayTests(() => side);
  });
}
