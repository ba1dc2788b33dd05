/** Where a cluster of this machine keeps its things, after the XDG base directory specification. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../command.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_DATA_HOME/fairlead`, by default below `~/.local/share`. A relative XDG path is ignored, as the specification says. */
export function dataRoot(env: Environment): string {
  const configured = env.XDG_DATA_HOME;
  const base = configured?.startsWith('/') === true ? configured : join(env.HOME ?? homedir(), '.local', 'share');
  return join(base, 'fairlead');
}

/** The file that says what runs under this name. */
export function recordFile(env: Environment, name: string): string {
  return join(dataRoot(env), 'running', `${name}.json`);
}

export type DataPlace = { kind: 'directory'; directory: string } | { kind: 'memory' };

export function dataPlace(
  env: Environment,
  { name, data, cwd }: { name: string; data: string | undefined; cwd: string },
): DataPlace {
  if (data === ':memory:') return { kind: 'memory' };
  if (data === '') throw new UsageError('--data is empty: give a directory, or :memory: to keep nothing');
  return { kind: 'directory', directory: data === undefined ? join(dataRoot(env), name) : resolve(cwd, data) };
}

/** Beside the clusters' directories, lest a node and a cluster meet on a name. */
export function nodeDirectory(env: Environment, name: string): string {
  return join(`${dataRoot(env)}-nodes`, name);
}

/** A cluster's name becomes part of file, context and host names, so it is a DNS label. */
export function checkClusterName(name: string): string {
  if (name === 'running' || !/^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/.test(name)) {
    throw new UsageError(
      `invalid --name "${name}": lower-case letters, digits and dashes, at most 50, begin and end with a letter or digit, and not "running"`,
    );
  }
  return name;
}

/** A Node's name, as Kubernetes wants it: a DNS subdomain. */
export function checkNodeName(name: string): string {
  if (name.length > 253 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) {
    throw new UsageError(
      `invalid --name "${name}": lower-case letters, digits, dashes and dots, at most 253, begin and end with a letter or digit`,
    );
  }
  return name;
}

/** `fairlead` for the default cluster, `fairlead-NAME` for others. */
export function contextName(name: string): string {
  return name === 'default' ? 'fairlead' : `fairlead-${name}`;
}

/** The kubeconfig that `up` writes: the flag, else the first of $KUBECONFIG, else `~/.kube/config`. */
export function kubeconfigToWrite(env: Environment, flag: string | undefined, cwd: string): string {
  const first = env.KUBECONFIG?.split(':').find((entry) => entry !== '');
  return resolve(cwd, flag ?? first ?? join(env.HOME ?? homedir(), '.kube', 'config'));
}
