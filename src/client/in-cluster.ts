/** The configuration of a program that runs in a pod, from its environment and its service account's files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChoiceNames } from './choice-names.ts';
import { optionNames } from './choice-names.ts';
import type { ClientConfig } from './client-config.ts';
import { ConfigError } from './client-config.ts';
import { readableCertificates } from './pem.ts';

const accountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Undefined outside of pods, which is where KUBERNETES_SERVICE_HOST or _PORT are not set. */
export async function inClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  // In the pods of an embedded cluster mounts lie below a root of their own.
  directory = join(env.FAIRLEAD_ROOT ?? '/', accountDirectory),
  names = optionNames,
): Promise<ClientConfig | undefined> {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  const server = serverOf(host, port, names);
  const tokenFile = join(directory, 'token');
  const caFile = join(directory, 'ca.crt');
  const [written, namespace] = await Promise.all([
    readFile(caFile, 'utf8').catch(() => undefined),
    readFile(join(directory, 'namespace'), 'utf8').catch(() => 'default'),
    readFile(tokenFile).catch(() => {
      throw new ConfigError(
        `This looks like a pod (KUBERNETES_SERVICE_HOST is set), but its service account token ${tokenFile} cannot be read. Name a kubeconfig with ${names.path}.`,
      );
    }),
  ]);
  const ca = written === undefined ? undefined : readableCertificates(written);
  if (written !== undefined && ca === undefined) {
    throw new ConfigError(
      `This looks like a pod (KUBERNETES_SERVICE_HOST is set), but ${caFile} holds no certificate of the cluster's authority that can be read.`,
    );
  }
  return {
    server,
    tokenFile,
    namespace: namespace.trim() || 'default',
    origin: { files: ['in-cluster'] },
    ...(ca !== undefined && { tls: { ca }, tlsFiles: { ca: caFile, read: { ca } } }),
  };
}

/** Throws ConfigError for what makes no URL. */
function serverOf(host: string, port: string, names: ChoiceNames): string {
  const server = `https://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  if (/^[\w.:[\]-]+$/.test(host) && /^\d+$/.test(port) && URL.canParse(server)) return server;
  throw new ConfigError(
    `This looks like a pod, but KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no host and port. Correct them, or name a kubeconfig with ${names.path}.`,
  );
}
