/** The configuration of a program that runs in a pod, from its environment and its service account's files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientConfig } from './client-config.ts';
import { ConfigError } from './client-config.ts';

const accountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Undefined outside of pods, which is where KUBERNETES_SERVICE_HOST or _PORT are not set. */
export async function inClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  // In the pods of an embedded cluster mounts lie below a root of their own.
  directory = join(env.FAIRLEAD_ROOT ?? '/', accountDirectory),
): Promise<ClientConfig | undefined> {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  const tokenFile = join(directory, 'token');
  const [ca, namespace] = await Promise.all([
    readFile(join(directory, 'ca.crt'), 'utf8').catch(() => undefined),
    readFile(join(directory, 'namespace'), 'utf8').catch(() => 'default'),
    readFile(tokenFile).catch(() => {
      throw new ConfigError(
        `This looks like a pod (KUBERNETES_SERVICE_HOST is set), but its service account token ${tokenFile} cannot be read. Name a kubeconfig with --kubeconfig.`,
      );
    }),
  ]);
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tokenFile,
    namespace: namespace.trim() || 'default',
    origin: { files: ['in-cluster'] },
    ...(ca !== undefined && { tls: { ca } }),
  };
}
