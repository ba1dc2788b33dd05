/**
 * Builds the real clients and servers that the interop tests and benches meet, from the Go module proxy, at pinned versions,
 * into a cache outside the repository. Needs Go 1.26. Run alone: `tools/with-node test/peers/build.ts [NAME...]`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const kubernetesVersion = 'v1.36.3';
/** The staging modules (k8s.io/api and so on) of that release. */
const stagingVersion = 'v0.36.3';
const etcdVersion = 'v3.7.3';
const helmVersion = 'v4.3.1';

export type PeerName = 'kubectl' | 'kube-apiserver' | 'etcd' | 'helm';
const kubernetesCommands: readonly PeerName[] = ['kubectl', 'kube-apiserver'];

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fairlead', 'peers', kubernetesVersion);

/** Where the peer's program lies after a build. */
export function peerPath(name: PeerName): string {
  return join(process.env.FAIRLEAD_PEERS ?? join(cache, 'bin'), name);
}

/** Builds what is missing. Throws with the compiler's words when a build fails, and with what to install when Go is missing. */
export function buildPeers(names: readonly PeerName[]): void {
  const missing = names.filter((name) => !existsSync(peerPath(name)));
  if (missing.length === 0) return;
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error(`Go 1.26 is needed to build ${missing.join(', ')}: install it and put go on PATH`);
  }
  const kubernetes = missing.filter((name) => kubernetesCommands.includes(name));
  if (kubernetes.length > 0) {
    say(kubernetes.join(' and '));
    buildKubernetes(kubernetes);
  }
  for (const name of missing) {
    if (kubernetes.includes(name)) continue;
    say(name);
    if (name === 'helm') buildHelm();
    else buildEtcd();
  }
}

function say(what: string): void {
  console.error(`building ${what} (minutes when nothing is cached)`);
}

function go(directory: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const result = spawnSync('go', args, {
    cwd: directory,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', ...env },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (result.status !== 0) throw new Error(`go ${args.join(' ')} failed in ${directory}:\n${result.stderr}`);
  return result.stdout;
}

/**
 * k8s.io/kubernetes replaces its staging modules by folders; outside its tree they must be named by version. Its go.mod names all
 * that its commands need: tidying would only fetch what the tests of others need.
 */
function buildKubernetes(names: readonly PeerName[]): void {
  const directory = join(cache, 'src', 'kubernetes');
  mkdirSync(directory, { recursive: true });
  if (!existsSync(join(directory, 'go.sum'))) {
    writeFileSync(join(directory, 'go.mod'), 'module peers\n');
    const facts: unknown = JSON.parse(
      go(directory, ['mod', 'download', '-json', `k8s.io/kubernetes@${kubernetesVersion}`]),
    );
    if (typeof facts !== 'object' || facts === null || !('GoMod' in facts) || typeof facts.GoMod !== 'string') {
      throw new Error('go mod download told no GoMod file');
    }
    const upstream = readFileSync(facts.GoMod, 'utf8');
    const goLine = /^go .*$/m.exec(upstream)?.[0] ?? 'go 1.26.0';
    const replaced = [...upstream.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging/gm)].map(
      (match) => `replace ${match[1]} => ${match[1]} ${stagingVersion}`,
    );
    writeFileSync(
      join(directory, 'go.mod'),
      ['module peers', goLine, `require k8s.io/kubernetes ${kubernetesVersion}`, ...replaced, ''].join('\n'),
    );
  }
  const stamp = 'k8s.io/component-base/version';
  const [major, minor] = kubernetesVersion.slice(1).split('.');
  const flags = `-s -w -X ${stamp}.gitVersion=${kubernetesVersion} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
  const bin = dirname(peerPath('kubectl'));
  mkdirSync(bin, { recursive: true });
  go(directory, ['build', '-ldflags', flags, '-o', bin, ...names.map((name) => `k8s.io/kubernetes/cmd/${name}`)]);
}

function buildEtcd(): void {
  const directory = join(cache, 'src', 'etcd');
  mkdirSync(directory, { recursive: true });
  if (!existsSync(join(directory, 'go.sum'))) {
    writeFileSync(
      join(directory, 'go.mod'),
      `module peers\n\ngo 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 ${etcdVersion}\n`,
    );
    const main =
      'import (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }';
    writeFileSync(join(directory, 'main.go'), `package main\n\n${main}\n`);
  }
  go(directory, ['build', '-ldflags', '-s -w', '-o', peerPath('etcd'), '.']);
}

/** A module without replacements: Go installs its program by name. */
function buildHelm(): void {
  const bin = dirname(peerPath('helm'));
  mkdirSync(bin, { recursive: true });
  go(bin, ['install', '-ldflags', '-s -w', `helm.sh/helm/v4/cmd/helm@${helmVersion}`], { GOBIN: bin });
}

if (import.meta.main) {
  const all: readonly PeerName[] = ['kubectl', 'etcd', 'kube-apiserver', 'helm'];
  const asked = process.argv.slice(2);
  buildPeers(asked.length === 0 ? all : all.filter((name) => asked.includes(name)));
}
