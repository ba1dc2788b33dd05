/** From kubeconfig files, flags and environment to a `ClientConfig`, as kubectl does it. */
import { isDeepStrictEqual } from 'node:util';
import type { ChoiceNames, NamedChoice } from './choice-names.ts';
import { optionNames } from './choice-names.ts';
import type { ClientConfig, Impersonation } from './client-config.ts';
import { ConfigError, KubeconfigMissing } from './client-config.ts';
import type { CredentialCommand } from './exec-credentials.ts';
import { execPluginOf } from './exec-plugin.ts';
import { inClusterConfig } from './in-cluster.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { booleanField, entryError, textField } from './kubeconfig-entry.ts';
import type { Environment, Kubeconfig } from './kubeconfig-file.ts';
import { kubeconfigPaths, readKubeconfig } from './kubeconfig-file.ts';
import { localSocketOf } from './kubeconfig-local-socket.ts';
import type { ServerChoice } from './kubeconfig-servers.ts';
import { extensionOf, namedServers } from './kubeconfig-servers.ts';
import type { TlsChoice } from './kubeconfig-tls.ts';
import { clusterTls, userCertificate } from './kubeconfig-tls.ts';
import { tlsFilesOf } from './kubeconfig-tls-paths.ts';
import { impersonationOf, userCredentials } from './kubeconfig-user.ts';
import { oidcConfigOf } from './oidc-config.ts';
import type { LoginUpdate } from './oidc-credentials.ts';
import { clusterProxy, environmentProxy } from './proxy-setting.ts';

/** What the user chose beside the files: kubectl's global flags. */
export interface KubeconfigChoice extends TlsChoice, ServerChoice {
  /** The kubeconfig's path; else `KUBECONFIG`, else `~/.kube/config`, else a pod's service account. */
  path?: string | undefined;
  context?: string | undefined;
  cluster?: string | undefined;
  user?: string | undefined;
  token?: string | undefined;
  namespace?: string | undefined;
  /** Ask as somebody else; what is absent comes from the user's entry, as with kubectl's flags. */
  impersonate?: Partial<Impersonation> | undefined;
  requestTimeoutMs?: number | undefined;
  userAgent?: string | undefined;
  /** Default: this process's. */
  env?: Environment;
  /** Sees a credential command of the kubeconfig before each run; it does not run if this throws. */
  beforeCommand?: (command: CredentialCommand) => void | Promise<void>;
  /** Keeps the tokens of a login that was renewed (auth-provider oidc) in the kubeconfig they came from. */
  saveLogin?: (update: LoginUpdate) => Promise<void>;
  /** A credential command may ask on standard input. Default: whether that is a terminal. */
  interactive?: boolean;
}

/** Throws `ConfigError` with a sentence for everything that is missing, wrong or not supported. */
export async function loadKubeconfig(choice: KubeconfigChoice & NamedChoice = {}): Promise<ClientConfig> {
  const { env = process.env, names = optionNames } = choice;
  const { paths, required, named } = kubeconfigPaths(choice.path, env);
  const kubeconfig = await readKubeconfig(paths, required);
  const { context, cluster, user } = selectEntries(kubeconfig, choice);
  if (cluster === undefined && (choice.server ?? '') === '') {
    const inCluster = kubeconfig.files.length === 0 ? await inClusterConfig(env, undefined, names) : undefined;
    if (inCluster !== undefined) {
      const impersonate = impersonationOf(undefined, choice.impersonate);
      return withChoice(withProxy({ ...inCluster, ...(impersonate && { impersonate }) }, env), choice);
    }
    throw noCluster(kubeconfig, { paths, context, names });
  }
  // Answers are never asked for in compressed form, so that there is nothing to disable; a wrong type is still one.
  const disableCompression = cluster !== undefined && booleanField(cluster, 'disable-compression');
  const tls = { ...(await clusterTls(cluster, choice)), ...(await userCertificate(user, choice)) };
  const tlsFiles = tlsFilesOf({ cluster, user, choice, tls });
  const impersonate = impersonationOf(user, choice.impersonate);
  const proxy = cluster && clusterProxy(cluster);
  const localSocket = localSocketOf(cluster, user, { choice, certPem: tls.cert });
  const written: ClientConfig = {
    ...namedServers(cluster, choice),
    namespace: choice.namespace || (context && textField(context, 'namespace')) || 'default',
    origin: {
      files: kubeconfig.files,
      ...(context && { context: context.name }),
      ...(cluster && { cluster: cluster.name }),
      ...(user && { user: user.name }),
    },
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(tlsFiles && { tlsFiles }),
    ...(localSocket !== undefined && { localSocket }),
    ...(impersonate && { impersonate }),
  };
  const config: ClientConfig = proxy === undefined ? withProxy(written, env) : { ...written, proxy };
  if (user !== undefined && !choice.token) {
    Object.assign(config, userCredentials(user));
    const plugin = execPluginOf(user);
    const oidc = await oidcConfigOf(user);
    // As with kubectl, what is written down goes before what a command would say.
    const known = Boolean(config.token || config.tokenFile) || config.username !== undefined;
    if (oidc !== undefined && !known) {
      const { oidcCredentials } = await import('./oidc-credentials.ts');
      config.credentials = oidcCredentials(oidc, { env, saveLogin: choice.saveLogin });
    }
    if (plugin !== undefined && !known && !tls.cert) {
      const [{ clusterInfo }, { execCredentials }] = await Promise.all([
        import('./exec-answer.ts'),
        import('./exec-credentials.ts'),
      ]);
      const proxyUrl = cluster && textField(cluster, 'proxy-url');
      const written = choice.server || (cluster && textField(cluster, 'server'));
      const extension = cluster && extensionOf(cluster, 'client.authentication.k8s.io/exec');
      config.credentials = execCredentials(plugin, {
        env,
        named,
        cluster: clusterInfo(config, { written, proxyUrl, disableCompression, extension }),
        beforeCommand: choice.beforeCommand,
        interactive: choice.interactive,
      });
    }
  }
  return withChoice(config, choice);
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
    const name = chosen || (context && textField(context, kind)) || '';
    if (name === '') return undefined;
    const entry = map.get(name);
    if (entry === undefined && (chosen || kind === 'user' || !choice.server)) {
      const by = chosen || context === undefined ? '' : `, which context "${context.name}" of ${context.file} names`;
      throw new ConfigError(`There is no ${kind} "${name}"${by} (${where}${known(map)}).`);
    }
    return entry && context && !chosen ? { ...entry, usedBy: context.name } : entry;
  };
  return { context, cluster: pick('cluster', clusters, choice.cluster), user: pick('user', users, choice.user) };
}

function known(map: ReadonlyMap<string, unknown>): string {
  return map.size === 0 ? '' : `; there are: ${firstOf(map)}`;
}

/** A sentence holds so many names. */
const maxNames = 10;

function firstOf(map: ReadonlyMap<string, unknown>): string {
  const names = [...map.keys()];
  const rest = names.length - maxNames;
  return `${names.slice(0, maxNames).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function noCluster(
  kubeconfig: Kubeconfig,
  { paths, context, names }: { paths: readonly string[]; context: KubeconfigEntry | undefined; names: ChoiceNames },
): ConfigError {
  if (context !== undefined) {
    return entryError(
      context,
      `it names no cluster: add one to it, or choose one with ${names.cluster} or ${names.server}`,
    );
  }
  if (kubeconfig.files.length === 0) {
    return new KubeconfigMissing(
      `No cluster is configured: there is no kubeconfig at ${paths.join(', ') || '~/.kube/config'}. Name one with ${names.path}, or by KUBECONFIG.`,
    );
  }
  const which = kubeconfig.contexts.size === 0 ? 'it has none' : `one of: ${firstOf(kubeconfig.contexts)}`;
  return new ConfigError(
    `The kubeconfig ${kubeconfig.files.join(', ')} has no current context. Choose a context with ${names.context} (${which}).`,
  );
}

/** A proxy of the environment, where it leads to the servers. Throws ConfigError where it leads to some of them only. */
function withProxy(config: ClientConfig, env: Environment): ClientConfig {
  const proxy = environmentProxy(config.server, env);
  for (const server of config.servers ?? []) {
    if (!isDeepStrictEqual(environmentProxy(server, env), proxy)) {
      throw new ConfigError(
        `The environment's proxy and NO_PROXY lead to ${config.server} and ${server} by different ways: set proxy-url for the cluster, or add all or none of its servers to NO_PROXY.`,
      );
    }
  }
  return proxy === undefined ? config : { ...config, proxy };
}

/** A token that was given replaces every other credential, but for a client certificate. */
function withChoice(config: ClientConfig, choice: KubeconfigChoice): ClientConfig {
  const next: ClientConfig = { ...config };
  if (choice.token) {
    delete next.tokenFile;
    next.token = choice.token;
  }
  if (choice.discoverServers) next.discoverServers = true;
  if (choice.namespace) next.namespace = choice.namespace;
  if (choice.requestTimeoutMs) next.requestTimeoutMs = choice.requestTimeoutMs;
  if (choice.userAgent) next.userAgent = choice.userAgent;
  return next;
}
