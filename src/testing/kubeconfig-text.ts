import { certificateMark } from '../client/kubeconfig-local-socket.ts';

export interface KubeconfigFacts {
  /** Of cluster, user and context. */
  name: string;
  server: string;
  /** Further API servers of the cluster. */
  servers?: readonly string[];
  /** Path of a unix socket of the server where its owner counts as the holder of the certificate. */
  localSocket?: string | undefined;
  caPem: string;
  certPem: string;
  keyPem: string;
}

/** A kubeconfig with one context, with everything in it. */
export function kubeconfigText(facts: KubeconfigFacts): string {
  const { name, server, servers = [], localSocket, caPem, certPem, keyPem } = facts;
  const quoted = JSON.stringify(name);
  const extensions =
    servers.length === 0
      ? ''
      : `
    extensions:
    - name: fairlead.dev/servers
      extension:
        servers: ${JSON.stringify(servers)}`;
  const userExtensions =
    localSocket === undefined
      ? ''
      : `
    extensions:
    - name: fairlead.dev/local-socket
      extension:
        certificate: ${JSON.stringify(certificateMark(certPem))}
        path: ${JSON.stringify(localSocket)}
        server: ${server}`;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: ${quoted}
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(caPem)}${extensions}
users:
- name: ${quoted}
  user:
    client-certificate-data: ${base64(certPem)}
    client-key-data: ${base64(keyPem)}${userExtensions}
contexts:
- name: ${quoted}
  context:
    cluster: ${quoted}
    user: ${quoted}
    namespace: default
current-context: ${quoted}
`;
}
