/** From which files a kubeconfig's certificates come: those are read again as they change. */
import { resolve } from 'node:path';
import type { ClientTls, TlsFiles } from './client-config.ts';
import type { KubeconfigEntry } from './kubeconfig-entry.ts';
import { pathIn, textField } from './kubeconfig-entry.ts';
import type { TlsChoice } from './kubeconfig-tls.ts';

/** The files from which `tls` was read; undefined where nothing was. */
export function tlsFilesOf({
  cluster,
  user,
  choice,
  tls,
}: {
  cluster: KubeconfigEntry | undefined;
  user: KubeconfigEntry | undefined;
  choice: TlsChoice;
  tls: ClientTls;
}): TlsFiles | undefined {
  const paths: Omit<TlsFiles, 'read'> = {};
  const ca = choice.certificateAuthority
    ? resolve(choice.certificateAuthority)
    : pathOf(cluster, 'certificate-authority');
  if (tls.ca !== undefined && ca !== undefined) paths.ca = ca;
  const { clientCertificate, clientKey } = choice;
  const cert = clientCertificate ? resolve(clientCertificate) : pathOf(user, 'client-certificate');
  const key = clientKey ? resolve(clientKey) : pathOf(user, 'client-key');
  if (tls.cert !== undefined && cert !== undefined && key !== undefined) paths.pair = { cert, key };
  if (paths.ca === undefined && paths.pair === undefined) return undefined;
  const { serverName, insecureSkipVerify, ...read } = tls;
  return { ...paths, read };
}

/** Undefined where data win over it. */
function pathOf(entry: KubeconfigEntry | undefined, field: string): string | undefined {
  if (entry === undefined || textField(entry, `${field}-data`) !== undefined) return undefined;
  const path = textField(entry, field);
  return path === undefined ? undefined : pathIn(entry, path);
}
