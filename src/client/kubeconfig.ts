/** From kubeconfig files, flags and environment to a `ClientConfig`, as kubectl does it. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ClientConfig, ClientTls } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import { inClusterConfig } from './in-cluster.ts';
import type { Environment, Kubeconfig, KubeconfigEntry } from './kubeconfig-file.ts';
import { kubeconfigPaths, readKubeconfig } from './kubeconfig-file.ts';
import { refuseUnsupported } from './kubeconfig-unsupported.ts';

/** What the user chose beside the files: kubectl's global flags. */
export interface KubeconfigChoice {
  /** The kubeconfig's path; else `KUBECONFIG`, else `~/.kube/config`, else a pod's service account. */
  path?: string | undefined;
  context?: string | undefined;
  cluster?: string | undefined;
  user?: string | undefined;
  server?: string | undefined;
  token?: string | undefined;
  /** Path of a PEM file. */
  certificateAuthority?: string | undefined;
  insecureSkipTlsVerify?: boolean | undefined;
  namespace?: string | undefined;
  requestTimeoutMs?: number | undefined;
  userAgent?: string | undefined;
  /** Default: this process's. */
  env?: Environment;
}

/** Throws `ConfigError` with a sentence for everything that is missing, wrong or not supported. */
export async function loadKubeconfig(choice: KubeconfigChoice = {}): Promise<ClientConfig> {
  const env = choice.env ?? process.env;
  const { paths, required } = kubeconfigPaths(choice.path, env);
  const kubeconfig = await readKubeconfig(paths, required);
  const { context, cluster, user } = selectEntries(kubeconfig, choice);
  if (cluster === undefined && (choice.server ?? '') === '') {
    const inCluster = kubeconfig.files.length === 0 ? await inClusterConfig(env) : undefined;
    if (inCluster !== undefined) return withChoice(inCluster, choice);
    throw new ConfigError(noCluster(kubeconfig, paths));
  }
  if (cluster !== undefined) refuseUnsupported('cluster', cluster, context);
  if (user !== undefined) refuseUnsupported('user', user, context);
  const namespace = choice.namespace || (context && text(context, 'namespace')) || 'default';
  const tls = await readTls(cluster, user, choice);
  const config: ClientConfig = {
    server: serverUrl(choice.server || (cluster && text(cluster, 'server')) || '', cluster),
    namespace,
    origin: {
      files: kubeconfig.files,
      ...(context && { context: context.name }),
      ...(cluster && { cluster: cluster.name }),
      ...(user && { user: user.name }),
    },
    ...(Object.keys(tls).length > 0 && { tls }),
  };
  const tokenFile = user && text(user, 'tokenFile');
  const token = choice.token || (user && text(user, 'token'));
  if (tokenFile && !choice.token && user) config.tokenFile = pathIn(user, tokenFile);
  else if (token) config.token = token;
  if (choice.requestTimeoutMs) config.requestTimeoutMs = choice.requestTimeoutMs;
  if (choice.userAgent) config.userAgent = choice.userAgent;
  return config;
}

function selectEntries(kubeconfig: Kubeconfig, choice: KubeconfigChoice) {
  const { contexts, clusters, users, files } = kubeconfig;
  const where = files.length === 0 ? 'no kubeconfig was found' : `in ${files.join(', ')}`;
  const wanted = choice.context || kubeconfig.currentContext;
  const context = wanted === '' ? undefined : contexts.get(wanted);
  if (wanted !== '' && context === undefined && (choice.context || !choice.server)) {
    throw new ConfigError(`There is no context "${wanted}" (${where}${known(contexts)}).`);
  }
  const pick = (kind: 'cluster' | 'user', map: ReadonlyMap<string, KubeconfigEntry>, chosen: string | undefined) => {
    const name = chosen || (context && text(context, kind)) || '';
    if (name === '') return undefined;
    const entry = map.get(name);
    if (entry === undefined && (chosen || kind === 'user' || !choice.server)) {
      const by = chosen || context === undefined ? '' : `, which context "${context.name}" of ${context.file} names`;
      throw new ConfigError(`There is no ${kind} "${name}"${by} (${where}${known(map)}).`);
    }
    return entry;
  };
  return { context, cluster: pick('cluster', clusters, choice.cluster), user: pick('user', users, choice.user) };
}

function known(map: ReadonlyMap<string, unknown>): string {
  return map.size === 0 ? '' : `; there are: ${[...map.keys()].join(', ')}`;
}

function noCluster(kubeconfig: Kubeconfig, paths: readonly string[]): string {
  if (kubeconfig.files.length === 0) {
    return `No cluster is configured: there is no kubeconfig at ${paths.join(', ') || '~/.kube/config'}. Start one with "fairlead up", or name a kubeconfig with --kubeconfig.`;
  }
  const names =
    kubeconfig.contexts.size === 0 ? 'it has none' : `one of: ${[...kubeconfig.contexts.keys()].join(', ')}`;
  return `The kubeconfig ${kubeconfig.files.join(', ')} has no current context. Choose a context with --context (${names}).`;
}

function withChoice(config: ClientConfig, choice: KubeconfigChoice): ClientConfig {
  const next: ClientConfig = { ...config };
  if (choice.token) {
    delete next.tokenFile;
    next.token = choice.token;
  }
  if (choice.namespace) next.namespace = choice.namespace;
  if (choice.requestTimeoutMs) next.requestTimeoutMs = choice.requestTimeoutMs;
  if (choice.userAgent) next.userAgent = choice.userAgent;
  return next;
}

async function readTls(
  cluster: KubeconfigEntry | undefined,
  user: KubeconfigEntry | undefined,
  choice: KubeconfigChoice,
): Promise<ClientTls> {
  const tls: ClientTls = {};
  const insecure = choice.insecureSkipTlsVerify ?? (cluster && cluster.fields['insecure-skip-tls-verify'] === true);
  if (insecure) {
    // A certificate authority beside it would be a promise that is not kept: the flag wins, a file with both is refused.
    if (choice.insecureSkipTlsVerify !== true && cluster && hasCa(cluster)) {
      throw new ConfigError(
        `Cluster "${cluster.name}" of ${cluster.file} has a certificate authority and insecure-skip-tls-verify: remove one of them.`,
      );
    }
    tls.insecureSkipVerify = true;
  } else if (choice.certificateAuthority) {
    tls.ca = await readPem(resolve(choice.certificateAuthority), '--certificate-authority');
  } else if (cluster) {
    const ca = await pem(cluster, 'certificate-authority');
    if (ca !== undefined) tls.ca = ca;
  }
  const serverName = cluster && text(cluster, 'tls-server-name');
  if (serverName) tls.serverName = serverName;
  if (user) {
    const cert = await pem(user, 'client-certificate');
    const key = await pem(user, 'client-key');
    if ((cert === undefined) !== (key === undefined)) {
      const [there, missing] = cert ? ['client-certificate', 'client-key'] : ['client-key', 'client-certificate'];
      throw new ConfigError(`User "${user.name}" of ${user.file} has a ${there} but no ${missing}.`);
    }
    if (cert !== undefined && key !== undefined) Object.assign(tls, { cert, key });
  }
  return tls;
}

function hasCa(cluster: KubeconfigEntry): boolean {
  return Boolean(text(cluster, 'certificate-authority') || text(cluster, 'certificate-authority-data'));
}

/** The PEM of `FIELD-data` (base64), else of the file that `FIELD` names. */
async function pem(entry: KubeconfigEntry, field: string): Promise<string | undefined> {
  const data = text(entry, `${field}-data`);
  if (data) {
    const decoded = Buffer.from(data, 'base64').toString('utf8');
    if (!decoded.includes('-----BEGIN')) {
      throw new ConfigError(`${field}-data of "${entry.name}" in ${entry.file} is not base64 of a PEM text.`);
    }
    return decoded;
  }
  const path = text(entry, field);
  return path ? readPem(pathIn(entry, path), `${field} of "${entry.name}" in ${entry.file}`) : undefined;
}

async function readPem(path: string, what: string): Promise<string> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigError(`Cannot read ${path} (${what}): ${code === 'ENOENT' ? 'it does not exist' : code}.`);
  }
  if (!content.includes('-----BEGIN')) throw new ConfigError(`${path} (${what}) is not a PEM file.`);
  return content;
}

function pathIn(entry: KubeconfigEntry, path: string): string {
  return resolve(dirname(entry.file), path);
}

function text(entry: KubeconfigEntry, field: string): string | undefined {
  const value = entry.fields[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string')
    throw new ConfigError(`"${field}" of "${entry.name}" in ${entry.file} must be a text.`);
  return value;
}

function serverUrl(server: string, cluster: KubeconfigEntry | undefined): string {
  const where = cluster === undefined ? 'given with --server' : `of cluster "${cluster.name}" in ${cluster.file}`;
  if (server === '') throw new ConfigError(`The server ${where} is missing.`);
  const url = URL.parse(server.includes('://') ? server : `https://${server}`);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ConfigError(`The server ${JSON.stringify(server)} ${where} is not an http or https URL.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `The server ${where} carries a user name or password: put credentials into the user's entry.`,
    );
  }
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}
