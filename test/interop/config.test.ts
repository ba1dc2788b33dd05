/** `fairlead config` beside the real kubectl on the same files: the same output, and files that kubectl reads in the same way. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';

const kubectl = peerPath('kubectl');
const skip = existsSync(kubectl) ? false : 'kubectl is not built: run npm run test:interop';

const first = `# my clusters
apiVersion: v1
kind: Config
clusters:
# the one at work
- cluster:
    server: https://work.example:6443  # do not change
    certificate-authority-data: Y2VydA==
    x-own: kept
  name: work
- name: 10.0.0.1
  cluster: {server: "https://10.0.0.1:6443", insecure-skip-tls-verify: true}
contexts:
- context:
    cluster: work
    user: me
  name: work   # daily
- context: {cluster: "10.0.0.1", user: robot, namespace: old}
  name: lab
current-context: work
users:
- name: me
  user:
    client-certificate: certs/me.crt
    client-key: certs/me.key
- name: robot
  user:
    token: abc
x-top: kept too
`;
const second = `apiVersion: v1
kind: Config
clusters:
- cluster:
    server: https://far.example
  name: far
contexts:
- context:
    cluster: far
    namespace: shop
    user: login
  name: far
users:
- name: login
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - get-token
      command: cloud
      env:
      - name: REGION
        value: north
preferences:
  colors: true
  extensions:
  - name: tool
    extension: {z: 1, a: [x]}
  - name: another
extensions:
- name: own
  extension: hello
`;

let home: Home;
let folder: string;
let files: readonly string[];

async function restore(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'certs'), { recursive: true });
  await Promise.all([
    writeFile(join(folder, 'one'), first, { mode: 0o640 }),
    writeFile(join(folder, 'two'), second, { mode: 0o600 }),
    ...['me.crt', 'me.key', 'ca.crt'].map((name) => writeFile(join(folder, 'certs', name), `content of ${name}\n`)),
  ]);
  await chmod(join(folder, 'one'), 0o640);
}

before(async () => {
  home = await Home.make();
  folder = join(home.directory, 'configs');
  files = [join(folder, 'one'), join(folder, 'two'), join(folder, 'three')];
});

after(() => home?.[Symbol.asyncDispose]());

type Finished = Awaited<ReturnType<Home['run']>>;

/** What a command printed, and each file afterwards as kubectl reads it. */
async function outcome(run: () => Promise<Finished>) {
  await restore();
  const { code, stdout, stderr } = await run();
  const read = await Promise.all(
    files.map(async (file) => {
      if (!existsSync(file)) return 'no such file';
      const view = await home.run(kubectl, ['config', 'view', '--raw', '-o', 'json', '--kubeconfig', file]);
      return view.stdout;
    }),
  );
  return { code, stdout, stderr: stderr.replaceAll('"kubectl ', '"fairlead '), read };
}

const lines: readonly string[] = [
  'view',
  'view -o json',
  'view --minify',
  'view --minify --context far',
  'view --minify --context nope',
  'view --raw',
  'view --raw --flatten --minify --context lab -o json',
  'view -o name',
  'view --flatten --minify',
  'view --minify --raw -o jsonpath={.clusters[0].cluster.server}',
  'view -o jsonpath={.contexts[*].name}',
  'view -o jsonpath={.users[?(@.name=="robot")].user.token}',
  'get-contexts',
  'get-contexts -o name',
  'get-contexts --no-headers',
  'get-contexts far work',
  'get-contexts nope work',
  'get-users',
  'current-context',
  'use-context far',
  'use far',
  'use-context unknown-altogether',
  'set-context --current --namespace=shop',
  'set-context far --namespace=front --user=robot',
  'set-context new --cluster=work --user=me',
  'set-context lab --namespace=',
  'set-context',
  'set-context lab --current',
  'set-cluster work --server=https://other.example:6443',
  'set-cluster fresh --server=https://fresh.example --tls-server-name=inner',
  'set-cluster work --insecure-skip-tls-verify',
  'set-cluster work --insecure-skip-tls-verify=true --certificate-authority=certs/ca.crt',
  'set-cluster work --certificate-authority=configs/certs/ca.crt',
  'set-cluster 10.0.0.1 --certificate-authority=configs/certs/ca.crt --embed-certs',
  'set-cluster far --proxy-url=socks5://localhost:1080',
  'set-cluster far --embed-certs',
  'set-credentials robot --token=xyz',
  'set-credentials robot --username=u --password=p',
  'set-credentials robot --username=u --token=p',
  'set-credentials me --client-certificate=configs/certs/me.crt --client-key=configs/certs/me.key --embed-certs',
  'set-credentials new --client-certificate=configs/certs/me.crt --client-key=/etc/me.key',
  'set-credentials new --exec-command=aws --exec-api-version=client.authentication.k8s.io/v1 --exec-arg=eks,get-token --exec-env=A=1 --exec-interactive-mode=Never',
  'set-credentials login --exec-env=REGION=south --exec-env=NEW=1 --exec-provide-cluster-info',
  'set-credentials login --exec-env=REGION- --exec-arg=--x',
  'set-credentials login --exec-command=other',
  'set-credentials new --auth-provider=oidc --auth-provider-arg=client-id=a --auth-provider-arg=idp=b',
  'set-credentials robot --auth-provider-arg=x=y',
  'set current-context lab',
  'set clusters.work.server https://third.example',
  'set clusters.10.0.0.1.server https://10.0.0.1:7443',
  'set clusters.10.0.0.1.insecure-skip-tls-verify false',
  'set contexts.work.namespace kube-system',
  'set users.brand-new.token secret',
  'set clusters.work.certificate-authority-data bmV3',
  'set clusters.work.certificate-authority-data plain --set-raw-bytes',
  'set preferences.colors false',
  'set preferences.colors true',
  'unset preferences',
  'unset preferences.colors',
  'unset preferences.extensions',
  'unset current-context',
  'unset contexts.lab.namespace',
  'unset users.me',
  'unset users.nobody',
  'unset clusters.nobody.server',
  'unset contexts',
  'unset clusters.work.certificate-authority-data',
  'rename-context work office',
  'rename-context far away',
  'rename-context work far',
  'rename-context nope other',
  'delete-context lab',
  'delete-context work',
  'delete-context far',
  'delete-context nope',
  'delete-cluster work',
  'delete-cluster nope',
  'delete-user robot',
  'delete-user login',
  'delete-user nope',
];

for (const line of lines) {
  test(`config ${line}`, { skip }, async () => {
    const args = ['config', ...line.split(' ')];
    const env = { KUBECONFIG: files.join(':') };
    const theirs = await outcome(() => home.run(kubectl, args, '', env));
    const ours = await outcome(() => home.fairleadWith(env, ...args));
    assert.deepEqual(ours, theirs);
  });
}

test('what an edit does not mean stays: comments, unknown fields, order, mode, links', { skip }, async () => {
  await restore();
  const [one = ''] = files;
  const link = join(folder, 'link');
  await symlink('one', link);
  const change = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await home.fairlead('config', ...args, '--kubeconfig', link);
    assert.equal(code, 0, stderr);
    return await readFile(one, 'utf8');
  };
  let expected = first;
  const expectChange = async (from: string, to: string, ...args: string[]): Promise<void> => {
    assert.ok(expected.includes(from));
    expected = expected.replace(from, to);
    assert.equal(await change(...args), expected, args.join(' '));
  };
  await expectChange(
    'https://work.example:6443 ',
    '"https://b.example" ',
    'set-cluster',
    'work',
    '--server=https://b.example',
  );
  await expectChange(
    '    user: me\n  name: work ',
    '    user: me\n    namespace: "shop"\n  name: work ',
    'set-context',
    '--current',
    '-n',
    'shop',
  );
  await expectChange(', namespace: old}', '}', 'unset', 'contexts.lab.namespace');
  await expectChange('    token: abc\n', '    token: "new"\n', 'set-credentials', 'robot', '--token=new');
  await expectChange('current-context: work', 'current-context: "lab"', 'use-context', 'lab');
  await expectChange('- name: robot\n  user:\n    token: "new"\n', '', 'delete-user', 'robot');
  assert.equal((await stat(one)).mode & 0o777, 0o640);
  assert.ok((await lstat(link)).isSymbolicLink());
  assert.ok(!existsSync(`${link}.lock`));
});

test('a first edit makes the file, for its owner alone', { skip }, async () => {
  const file = join(home.directory, 'fresh', 'config');
  const { code } = await home.fairlead('config', 'set-cluster', 'a', '--server=https://a', '--kubeconfig', file);
  assert.equal(code, 0);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const view = await home.run(kubectl, [
    'config',
    'view',
    '--kubeconfig',
    file,
    '-o',
    'jsonpath={.clusters[0].cluster.server}',
  ]);
  assert.equal(view.stdout, 'https://a');
});
