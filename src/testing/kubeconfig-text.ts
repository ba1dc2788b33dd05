export interface KubeconfigFacts {
  /** Of cluster, user and context. */
  name: string;
  server: string;
  /** Further API servers of the cluster. */
  servers?: readonly string[];
  caPem: string;
  certPem: string;
  keyPem: string;
}

/** A kubeconfig with one context, with everything in it. */
export function kubeconfigText({ name, server, servers = [], caPem, certPem, keyPem }: KubeconfigFacts): string {
  const quoted = JSON.stringify(name);
  const extensions =
    servers.length === 0
      ? ''
      : `
    extensions:
    - name: fairlead.dev/servers
      extension:
        servers: ${JSON.stringify(servers)}`;
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
    client-key-data: ${base64(keyPem)}
contexts:
- name: ${quoted}
  context:
    cluster: ${quoted}
    user: ${quoted}
    namespace: default
current-context: ${quoted}
`;
}
