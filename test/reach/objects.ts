/** Services that are well and services that are not, each failure made for real. */
const echo = (more: object = {}) => ({ name: 'web', image: 'fairlead.local/echo', ...more });
export const service = (name: string, app: string, port: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app }, ports: [port] },
});
const pod = (name: string, container: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: { containers: [container] },
});

/** For the user of that name. */
const role = (name: string, rules: object[]) => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace: 'shop' },
    rules,
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' }],
  },
];

export const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            echo({
              ports: [{ name: 'main', containerPort: 8080 }],
              readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
            }),
          ],
        },
      },
    },
  },
  service('web', 'web', { name: 'http', port: 80, targetPort: 'main' }),
  service('raw', 'web', { name: 'postgres', port: 5432, targetPort: 8080 }),
  {
    ...service('two', 'web', {}),
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'more', port: 9001, targetPort: 8443, appProtocol: 'tcp' },
        { name: 'http', port: 80, targetPort: 'main' },
      ],
    },
  },
  service('wrong-selector', 'wbe', { port: 80, targetPort: 8080 }),
  service('wrong-target', 'web', { port: 80, targetPort: 'nope' }),
  service('silent', 'web', { port: 80, targetPort: 8099 }),
  service('speaks-tls', 'web', { name: 'http', port: 80, targetPort: 8443 }),
  service('speaks-plain', 'web', { name: 'https', port: 443, targetPort: 8080 }),
  service('udp', 'web', { port: 53, protocol: 'UDP', targetPort: 8080 }),
  {
    ...service('dns', 'web', {}),
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'query', port: 53, protocol: 'UDP', targetPort: 8080 },
      ],
    },
  },
  {
    ...service('several', 'web', {}),
    spec: {
      selector: { app: 'web' },
      ports: [
        { name: 'a', port: 81, targetPort: 8080 },
        { name: 'b', port: 82, targetPort: 8080 },
      ],
    },
  },
  { ...service('outside', '', {}), spec: { type: 'ExternalName', externalName: 'db.example.com' } },
  // Never ready, in the moments between two crashes neither.
  pod('crash', echo({ args: ['--port', 'nonsense'], readinessProbe: { tcpSocket: { port: 8080 } } })),
  service('crash', 'crash', { port: 80, targetPort: 8080 }),
  pod('unready', echo({ readinessProbe: { httpGet: { path: '/', port: 9999 }, periodSeconds: 1 } })),
  service('unready', 'unready', { port: 80, targetPort: 8080 }),
  // The tests listen there, at the pods' addresses.
  service('half', 'web', { name: 'half', port: 9000 }),
  ...role('verb-only', [
    { apiGroups: [''], resources: ['services', 'pods'], verbs: ['get', 'list'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['services/proxy'], verbs: ['get', 'create'] },
  ]),
  ...role('forwarder', [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['services'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
  ]),
  ...role('pods-only', [
    { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
  ]),
];
