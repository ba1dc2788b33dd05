/** The unix socket by which a kubeconfig lets its owner reach the API server of this machine: TLS takes longer than the request. */
import { lstatSync } from 'node:fs';
import { isRecord } from '../lib/is-record.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError, textField, textOf } from './kubeconfig-entry.ts';
import { extensionOf, type ServerChoice } from './kubeconfig-servers.ts';
import type { TlsChoice } from './kubeconfig-tls.ts';

/**
 * Name of the extension of a user's entry. It holds `server`, the URL of the cluster's entry that it goes with, and `path`, the
 * socket, where the user counts as the holder of the entry's client certificate.
 */
export const localSocketExtension = 'fairlead.dev/local-socket';

/**
 * Undefined where something else is to be used: another server, another certificate, or a check of the server's own that was asked
 * for. So it is where the socket is not there, or may be somebody else's.
 */
export function localSocketOf(
  cluster: KubeconfigEntry | undefined,
  user: KubeconfigEntry | undefined,
  choice: ServerChoice & TlsChoice,
): string | undefined {
  if (cluster === undefined || user === undefined || isChosenOtherwise(choice)) return undefined;
  const extension = extensionOf(user, localSocketExtension);
  if (extension === undefined || extension === null) return undefined;
  const path = `extensions.${localSocketExtension}`;
  if (!isRecord(extension)) throw entryError(user, `"${path}" must be a mapping with "server" and "path"`);
  for (const key of Object.keys(extension)) {
    if (key !== 'server' && key !== 'path') throw entryError(user, `"${path}.${key}" is not known`);
  }
  const server = textOf(user, extension, 'server', `${path}.`);
  const socket = textOf(user, extension, 'path', `${path}.`);
  if (socket === undefined || server === undefined || server !== textField(cluster, 'server')) return undefined;
  return isOwnSocket(socket) ? socket : undefined;
}

function isOwnSocket(path: string): boolean {
  try {
    const found = lstatSync(path);
    return found.isSocket() && found.uid === process.getuid?.();
  } catch {
    return false;
  }
}

function isChosenOtherwise(choice: ServerChoice & TlsChoice): boolean {
  const { server, servers, discoverServers, certificateAuthority, insecureSkipTlsVerify, tlsServerName } = choice;
  const { clientCertificate, clientKey } = choice;
  const texts = [server, certificateAuthority, tlsServerName, clientCertificate, clientKey];
  return (
    texts.some(Boolean) ||
    (servers ?? []).length > 0 ||
    discoverServers !== undefined ||
    insecureSkipTlsVerify !== undefined
  );
}
