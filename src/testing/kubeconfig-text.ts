export interface KubeconfigFacts {
  /** Of cluster, user and context. */
  name: string;
  server: string;
  caPem: string;
  certPem: string;
  keyPem: string;
}

/** A kubeconfig with one context, with everything in it. */
export function kubeconfigText({ name, server, caPem, certPem, keyPem }: KubeconfigFacts): string {
  const quoted = JSON.stringify(name);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: ${quoted}
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(caPem)}
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
