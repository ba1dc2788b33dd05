/** The gateway with real clients before the embedded cluster and before a real kube-apiserver. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { KubeObject } from '../../src/api/object.ts';
import type { Pod, Service } from '../../src/api/types/core-v1.ts';
import type { ClientConfig } from '../../src/client/client-config.ts';
import type { ClusterClient } from '../../src/client/cluster-client.ts';
import { openClusterClient } from '../../src/client/cluster-client-http.ts';
import { nameContexts } from '../../src/gateway/contexts.ts';
import type { Gateway } from '../../src/gateway/start.ts';
import { startGateway } from '../../src/gateway/start.ts';
import { startCluster } from '../../src/testing.ts';
import { type Finished, Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { KubectlForward } from '../peers/kubectl-forward.ts';
import { runPod } from '../real-cluster/pods.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';

const isBuilt = (['kubectl', 'etcd', 'kube-apiserver'] as const).every((name) => existsSync(peerPath(name)));
const skip = isBuilt ? false : 'kubectl, kube-apiserver and etcd are not built: run npm run test:interop';
const namespace = 'default';

/** A page with links, a redirect and cookies, as an application that knows nothing of prefixes. */
const site = `
const http = require('node:http');
http.createServer((request, response) => {
  if (request.url === '/old') return response.writeHead(302, { Location: '/new?x=1' }).end();
  if (request.url === '/away') return response.writeHead(302, { Location: 'http://site.default.svc/new' }).end();
  response.writeHead(200, { 'Content-Type': 'text/html', 'Set-Cookie': 'a=1; Path=/' });
  response.end('<html><body><a href="/new">' + request.method + ' ' + request.headers.host + '</a><img src="/i.png"></body></html>');
}).listen(8080, process.env.POD_IP);
`;

interface Place extends AsyncDisposable {
  client: ClusterClient;
  config: ClientConfig;
  /** Whether the proxy verb reaches pods. */
  verbReachesPods: boolean;
}

interface Rule {
  apiGroups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
}

const images = (home: Home) => ({ shell: '/bin/sh', site: `${process.execPath} ${join(home.directory, 'site.cjs')}` });

const kinds: Readonly<Record<string, (home: Home) => Promise<Place>>> = {
  'the embedded cluster': async (home) => {
    const cluster = await startCluster({ images: images(home) });
    await cluster.nodesReady;
    const { config, client } = cluster;
    return {
      config,
      client: client.client,
      verbReachesPods: true,
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  },
  'a real kube-apiserver': async (home) => {
    const cluster = await startRealClusterWithNode({ images: images(home), log: (line) => console.error(line) });
    const { apiUrl: server, token, caPem, client, reachesPods } = cluster;
    const config: ClientConfig = { server, token, tls: { ca: caPem }, namespace };
    return {
      config,
      client,
      verbReachesPods: reachesPods,
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    };
  },
};

for (const [kind, open] of Object.entries(kinds)) {
  describe(kind, { skip }, () => {
    const stop = new AbortController();
    let home: Home;
    let place: Place;
    let gateway: Gateway;
    let file: string;

    before(async () => {
      home = await Home.make();
      await writeFile(join(home.directory, 'site.cjs'), site);
      place = await open(home);
      file = join(home.directory, 'gateway.yaml');
      gateway = await startGateway({
        ...nameContexts([{ name: 'here', config: place.config, client: place.client }]),
        listen: { host: 'localhost', port: 0 },
        kubeconfigFile: file,
        signal: stop.signal,
        log: (line) => console.error(line),
      });
      await runPod(place.client, 'shell', {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'shell', args: ['-c', 'echo begun; exec sleep 600'] }],
      });
      const container = { name: 'c', image: 'site', ports: [{ containerPort: 8080 }] };
      const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
      await runPod(
        place.client,
        'site',
        { terminationGracePeriodSeconds: 1, containers: [{ ...container, readinessProbe }] },
        { app: 'site' },
      );
      await runPod(
        place.client,
        'echo',
        {
          terminationGracePeriodSeconds: 1,
          containers: [{ ...container, image: 'fairlead.local/echo', readinessProbe }],
        },
        { app: 'echo' },
      );
      for (const name of ['site', 'echo']) {
        await place.client.resource<Service>('v1', 'services').create({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name, namespace },
          spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
        });
      }
    });

    after(async () => {
      await gateway?.[Symbol.asyncDispose]();
      await place?.[Symbol.asyncDispose]();
      await home?.[Symbol.asyncDispose]();
    });

    const run = (args: readonly string[], input = '', variables: readonly string[] = []): Promise<Finished> =>
      home.run('/usr/bin/env', [`KUBECONFIG=${file}`, ...variables, peerPath('kubectl'), ...args], input);

    async function kubectl(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
      return stdout;
    }

    test('kubectl works through the kubeconfig of the gateway: get, apply, exec, cp, logs, port-forward', async () => {
      assert.match(await kubectl('get', 'pods', '-o', 'name'), /^pod\/shell$/m);
      const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1"}\n';
      assert.match((await run(['apply', '-f', '-'], map)).stdout, /configmap\/a created/);
      assert.match((await run(['apply', '-f', '-'], map)).stdout, /configmap\/a unchanged/);
      for (const variables of [[], ['KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false']]) {
        const { stdout, stderr } = await run(['exec', '-i', 'shell', '--', 'cat'], 'in and out', variables);
        assert.equal(stdout, 'in and out', stderr);
      }
      const failed = await run(['exec', 'shell', '--', 'sh', '-c', 'exit 7']);
      assert.equal(failed.code, 7);
      const local = join(home.directory, 'local');
      const remote = join(home.directory, 'remote');
      await writeFile(local, 'copied');
      await kubectl('cp', local, `${namespace}/shell:${remote}`);
      assert.equal(await readFile(remote, 'utf8'), 'copied');
      assert.equal(await kubectl('logs', '-f', 'shell', '--limit-bytes=6'), 'begun\n');
      assert.match(await kubectl('wait', '--for=condition=Ready', 'pod/shell'), /condition met/);
      const env = { ...home.env, KUBECONFIG: file };
      await using forward = await KubectlForward.start(env, 'pod/site', [8080]);
      const answer = await forward.exchange('GET /new HTTP/1.0\r\n\r\n');
      assert.match(answer, /^HTTP\/1\.1 200 OK.*<a href="\/new">GET/s);
    });

    interface Answer {
      status: number;
      location: string | undefined;
      cookies: readonly string[];
      body: string;
    }

    function ask(at: Gateway, path: string, method = 'GET'): Promise<Answer> {
      const headers = { Host: `site.default.localhost:${at.port}`, 'Accept-Encoding': 'gzip' };
      return new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port: at.port, path, method, agent: false, headers }, (response) => {
          const { statusCode: status = 0, headers: got } = response;
          const facts = { status, location: got.location, cookies: got['set-cookie'] ?? [] };
          text(response).then((body) => resolve({ ...facts, body }), reject);
        });
        asked.on('error', reject);
        asked.end();
      });
    }

    /** Rights count once the server's authorizer has seen them, a little after they were given. */
    async function hasRights(user: string, rules: readonly Rule[]): Promise<boolean> {
      const apiVersion = 'authorization.k8s.io/v1';
      const reviews = place.client.resource<KubeObject & { spec: object; status?: { allowed: boolean } }>(
        apiVersion,
        'subjectaccessreviews',
      );
      for (const { apiGroups, resources, verbs } of rules) {
        const [group, verb] = [apiGroups[0], verbs[0]];
        const [resource, subresource] = resources[0]?.split('/') ?? [];
        const spec = { user, resourceAttributes: { namespace, group, verb, resource, subresource } };
        const { status } = await reviews.create({ apiVersion, kind: 'SubjectAccessReview', metadata: {}, spec });
        if (status?.allowed !== true) return false;
      }
      return true;
    }

    /** As the user `dev`, who has these rights. */
    async function gatewayFor(user: string, rules: readonly Rule[]): Promise<Gateway & AsyncDisposable> {
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      const metadata = { name: user, namespace };
      await place.client
        .resource<KubeObject & { rules: readonly object[] }>(apiVersion, 'roles')
        .create({ apiVersion, kind: 'Role', metadata, rules });
      await place.client
        .resource<KubeObject & { roleRef: object; subjects: object[] }>(apiVersion, 'rolebindings')
        .create({
          apiVersion,
          kind: 'RoleBinding',
          metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
        });
      while (!(await hasRights(user, rules))) await sleep(20);
      const config: ClientConfig = { ...place.config, impersonate: { user } };
      const client = openClusterClient(config);
      const started = await startGateway({
        ...nameContexts([{ name: user, config, client }]),
        listen: { host: 'localhost', port: 0 },
        signal: stop.signal,
        log: (line) => console.error(line),
      });
      return {
        ...started,
        async [Symbol.asyncDispose]() {
          await started[Symbol.asyncDispose]();
          await client[Symbol.asyncDispose]();
        },
      };
    }

    async function checkSite(at: Gateway): Promise<void> {
      const page = await ask(at, '/');
      const link = `<a href="/new">GET site.default.localhost:${at.port}</a><img src="/i.png"`;
      assert.ok(page.body.includes(link), page.body);
      assert.deepEqual(page.cookies, ['a=1; Path=/']);
      assert.equal((await ask(at, '/old')).location, '/new?x=1');
      assert.equal((await ask(at, '/away')).location, `http://site.default.localhost:${at.port}/new`);
      assert.match((await ask(at, '/', 'POST')).body, /POST site/);
    }

    async function checkWebSocket(at: Gateway): Promise<void> {
      const host = `echo.default.localhost:${at.port}`;
      const socket = new WebSocket(`ws://127.0.0.1:${at.port}/`, { headers: { Host: host, Origin: `http://${host}` } });
      await once(socket, 'open');
      const sent = 'x'.repeat(100_000);
      socket.send(sent);
      for (;;) {
        const [message] = await once(socket, 'message');
        if (String(message) === sent) break;
      }
      socket.close();
      await once(socket, 'close');
    }

    const list = { verbs: ['list'] };
    const view = {
      apiGroups: ['', 'discovery.k8s.io'],
      resources: ['services', 'endpointslices'],
      verbs: ['get', 'list', 'watch'],
    };
    const forward = { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create', 'get'] };

    test('an application by port-forward', async () => {
      await checkSite(gateway);
      await checkWebSocket(gateway);
    });

    test('an application for a user who may only list pods and forward their ports', async () => {
      await using at = await gatewayFor('forwarder', [{ ...list, apiGroups: [''], resources: ['pods'] }, forward]);
      await checkSite(at);
    });

    test('an application for a user who has the proxy verb, but no port-forward', async (context) => {
      if (!place.verbReachesPods) {
        context.skip('the proxy verb of a real cluster reaches pods only where root gives them addresses');
        return;
      }
      const verb = { apiGroups: [''], resources: ['services/proxy'], verbs: ['get', 'create'] };
      await using at = await gatewayFor('visitor', [view, verb]);
      await checkSite(at);
      await checkWebSocket(at);
    });

    test('proxy clients reach services and pods by their names and addresses in the cluster', async () => {
      const service = await place.client.resource<Service>('v1', 'services').get('site', { namespace });
      const pod = await place.client.resource<Pod>('v1', 'pods').get('site', { namespace });
      const at = `localhost:${gateway.port}`;
      const curl = (...args: string[]): Promise<Finished> =>
        home.run('/usr/bin/env', ['curl', '-q', '-sS', '--max-time', '20', ...args]);
      for (const host of [
        'site.default.svc',
        'site.default.svc.cluster.local',
        service.spec?.clusterIP ?? '',
        `${pod.status?.podIP}:8080`,
        'site.default.pod:8080',
      ]) {
        for (const way of [
          ['--proxy', `socks5h://${at}`],
          ['-x', `http://${at}`],
          ['-p', '-x', `http://${at}`],
        ]) {
          const { stdout, stderr } = await curl(...way, `http://${host}/new`);
          assert.match(
            stdout,
            new RegExp(`>GET ${host.replaceAll('.', '\\.')}</a>`),
            `${way.join(' ')} ${host}: ${stderr}`,
          );
        }
      }
      const unknown = await curl('-x', `http://${at}`, 'http://10.255.255.254/');
      assert.match(unknown.stdout, /No service or pod has the address/);
    });

    test('kubectl through a gateway that only reads', async () => {
      const readOnlyFile = join(home.directory, 'read-only.yaml');
      await using reader = await startGateway({
        ...nameContexts([{ name: 'here', config: place.config, client: place.client }]),
        listen: { host: 'localhost', port: 0 },
        kubeconfigFile: readOnlyFile,
        rules: { readOnly: true },
        signal: stop.signal,
        log: (line) => console.error(line),
      });
      assert.ok(reader.port);
      const read = (...args: string[]): Promise<Finished> =>
        home.run('/usr/bin/env', [`KUBECONFIG=${readOnlyFile}`, peerPath('kubectl'), ...args]);
      for (const [args, says] of [
        [['get', 'pods', '-o', 'name'], /pod\/site/],
        [['logs', 'shell'], /begun/],
        [['describe', 'pod', 'site'], /Name: +site/],
        [['auth', 'can-i', 'delete', 'pods'], /yes/],
        [['wait', '--for=condition=Ready', 'pod/site'], /condition met/],
      ] as const) {
        const { code, stdout, stderr } = await read(...args);
        assert.equal(code, 0, stderr);
        assert.match(stdout, says);
      }
      for (const args of [
        ['delete', 'pod', 'site'],
        ['annotate', 'pod', 'site', 'a=b'],
        ['create', 'configmap', 'c'],
        ['exec', 'shell', '--', 'true'],
        ['port-forward', 'site', ':8080'],
        ['create', 'token', 'default'],
        ['get', '--raw', `/api/v1/namespaces/${namespace}/services/site/proxy/`],
      ]) {
        const { code, stderr } = await read(...args);
        assert.notEqual(code, 0, args.join(' '));
        assert.match(stderr, /only reads|Forbidden|forbidden/, args.join(' '));
      }
    });

    test('a user with neither is told of both', async () => {
      await using at = await gatewayFor('stranger', [view]);
      const { status, body } = await ask(at, '/');
      assert.equal(status, 403);
      assert.match(body, /services\/proxy.*The other way is closed too: .*portforward/);
    });
  });
}
