/** The unix socket by which a kubeconfig lets its owner reach the API server of this machine: TLS takes longer than the request. */
import { isRecord } from '../lib/is-record.ts';
import { isOwnSocket } from '../net/own-socket.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { entryError, textField, textOf } from './kubeconfig-entry.ts';
import { extensionOf, type ServerChoice } from './kubeconfig-servers.ts';
import type { TlsChoice } from './kubeconfig-tls.ts';

/**
 * Name of the extension of a user's entry. It holds `path`, the socket; `server`, the URL of the cluster's entry that it goes with;
 * and `certificate`, the mark of the client certificate as whose holder the user counts there. kubectl leaves it where it is when it
 * changes the rest of the entry.
 */
export const localSocketExtension = 'fairlead.dev/local-socket';

/** The end of a certificate's text (PEM), in the signature of its issuer: no two are alike. */
export function certificateMark(pem: string): string {
  const [first = ''] = pem.split('-----END CERTIFICATE-----');
  return first.replaceAll(/\s/g, '').slice(-40);
}

/**
 * `certPem` is the certificate that would be sent. Undefined where something else is to be used: another server, another certificate,
 * or a check of the server's own that was asked for. So it is where the socket is not there, or may be somebody else's.
 */
export function localSocketOf(
  cluster: KubeconfigEntry | undefined,
  user: KubeconfigEntry | undefined,
  { choice, certPem }: { choice: ServerChoice & TlsChoice; certPem: string | undefined },
): string | undefined {
  if (cluster === undefined || user === undefined || certPem === undefined) return undefined;
  if (isChosenOtherwise(choice)) return undefined;
  const extension = extensionOf(user, localSocketExtension);
  if (extension === undefined || extension === null) return undefined;
  const path = `extensions.${localSocketExtension}`;
  if (!isRecord(extension))
    throw entryError(user, `"${path}" must be a mapping with "server", "certificate" and "path"`);
  for (const key of Object.keys(extension)) {
    if (!fields.includes(key)) throw entryError(user, `"${path}.${key}" is not known`);
  }
  const server = textOf(user, extension, 'server', `${path}.`);
  const socket = textOf(user, extension, 'path', `${path}.`);
  const mark = textOf(user, extension, 'certificate', `${path}.`);
  const isMeant = server === textField(cluster, 'server') && mark === certificateMark(certPem);
  return isMeant && socket !== undefined && isOwnSocket(socket) ? socket : undefined;
}

const fields: readonly string[] = ['server', 'certificate', 'path'];

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
