/**
 * The roles and bindings that every cluster begins with, as upstream's `bootstrappolicy` names and grants them; for the
 * parts that run in one process here (controllers and scheduler) one role stands for upstream's role per controller.
 */
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from '../../api/types/rbac-v1.ts';
import { rbacGroup } from '../auth/rbac-source.ts';

const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const apiVersion = 'rbac.authorization.k8s.io/v1';

const READ = 'get list watch';
const WRITE = 'create delete deletecollection patch update';
const ALL = 'create delete deletecollection get list patch update watch';

/** `rule(READ, 'apps', 'deployments replicasets')`; groups are separated by commas, since the core group is ''. */
function rule(verbs: string, groups: string, resources: string, ...resourceNames: string[]): PolicyRule {
  return {
    apiGroups: groups.split(','),
    ...(resourceNames.length === 0 ? {} : { resourceNames }),
    resources: resources.split(' '),
    verbs: verbs.split(' '),
  };
}

function urls(verbs: string, paths: string): PolicyRule {
  return { nonResourceURLs: paths.split(' ').toSorted(), verbs: verbs.split(' ') };
}

const eventWriter = rule('create patch update', ',events.k8s.io', 'events');
const healthPaths = '/healthz /livez /readyz /version /version/';

const clusterRoles: Readonly<Record<string, readonly PolicyRule[]>> = {
  'cluster-admin': [rule('*', '*', '*'), urls('*', '*')],
  'system:discovery': [urls('get', `/api /api/* /apis /apis/* /openapi /openapi/* ${healthPaths}`)],
  'system:public-info-viewer': [urls('get', healthPaths)],
  'system:basic-user': [
    rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ],
  'system:auth-delegator': [
    rule('create', 'authentication.k8s.io', 'tokenreviews'),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ],
  'system:service-account-issuer-discovery': [
    urls(
      'get',
      '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
    ),
  ],
  'system:monitoring': [
    urls('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'),
    rule('get', '', 'nodes/metrics'),
  ],
  'system:kubelet-api-admin': [
    rule(READ, '', 'nodes'),
    rule('proxy', '', 'nodes'),
    rule('*', '', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
    rule('*', '', 'nodes/configz nodes/healthz nodes/pods'),
  ],
  'system:node': [
    rule('create', 'authentication.k8s.io', 'tokenreviews'),
    rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
    rule(READ, '', 'services'),
    rule('create get list watch', '', 'nodes'),
    rule('patch update', '', 'nodes nodes/status'),
    eventWriter,
    rule(READ, '', 'pods'),
    rule('create delete', '', 'pods'),
    rule('patch update', '', 'pods/status'),
    rule('create', '', 'pods/eviction'),
    rule(READ, '', 'configmaps secrets'),
    rule('get', '', 'persistentvolumeclaims persistentvolumes'),
    rule('get', '', 'endpoints serviceaccounts'),
    rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
    rule('create', '', 'serviceaccounts/token'),
  ],
  'system:node-proxier': [
    rule('list watch', '', 'endpoints services'),
    rule(READ, '', 'nodes'),
    eventWriter,
    rule('list watch', 'discovery.k8s.io', 'endpointslices'),
  ],
  'system:kube-scheduler': [
    eventWriter,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get list update watch', 'coordination.k8s.io', 'leases', 'kube-scheduler'),
    rule(READ, '', 'nodes namespaces services'),
    rule('delete get list watch', '', 'pods'),
    rule('create', '', 'bindings pods/binding'),
    rule('patch update', '', 'pods/status'),
    rule(READ, 'apps', 'replicasets statefulsets'),
    rule('create', 'authentication.k8s.io', 'tokenreviews'),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ],
  // Garbage collection and namespace deletion reach every kind; the other controllers write the kinds they look after.
  'system:kube-controller-manager': [
    rule('delete deletecollection get list patch update watch', '*', '*'),
    eventWriter,
    rule(
      'create',
      '',
      'pods pods/binding pods/eviction serviceaccounts serviceaccounts/token configmaps secrets endpoints',
    ),
    rule('create', 'apps', 'replicasets controllerrevisions'),
    rule('create', 'discovery.k8s.io', 'endpointslices'),
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('create', 'authentication.k8s.io', 'tokenreviews'),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    urls('get', `/api /api/* /apis /apis/* /openapi /openapi/* ${healthPaths}`),
  ],
  'system:aggregate-to-admin': [
    rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
    rule(ALL, rbacGroup, 'rolebindings roles'),
  ],
  'system:aggregate-to-edit': [
    rule(READ, '', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
    rule('impersonate', '', 'serviceaccounts'),
    rule(WRITE, '', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
    rule('create', '', 'pods/eviction serviceaccounts/token'),
    rule(
      WRITE,
      '',
      'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
    ),
    rule(WRITE, ',events.k8s.io', 'events'),
    rule(
      WRITE,
      'apps',
      'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
    ),
    rule(WRITE, 'autoscaling', 'horizontalpodautoscalers'),
    rule(WRITE, 'batch', 'cronjobs jobs'),
    rule(WRITE, 'policy', 'poddisruptionbudgets'),
    rule(WRITE, 'networking.k8s.io', 'ingresses networkpolicies'),
    rule(ALL, 'coordination.k8s.io', 'leases'),
  ],
  'system:aggregate-to-view': [
    rule(
      READ,
      '',
      'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
    ),
    rule(
      READ,
      '',
      'bindings limitranges namespaces namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
    ),
    rule(READ, ',events.k8s.io', 'events'),
    rule(READ, 'discovery.k8s.io', 'endpointslices'),
    rule(
      READ,
      'apps',
      'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
    ),
    rule(READ, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
    rule(READ, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
    rule(READ, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
    rule(READ, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  ],
};

/** Roles made of all that carry their label; `edit` has what `view` has, and `admin` what `edit` has. */
const aggregated: Readonly<Record<string, string | undefined>> = { admin: undefined, edit: 'admin', view: 'edit' };

const aggregationLabel = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;

/** ClusterRole to the users, groups and accounts that have it in the whole cluster. */
const clusterBindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['Group system:masters'],
  'system:basic-user': ['Group system:authenticated'],
  'system:discovery': ['Group system:authenticated'],
  'system:public-info-viewer': ['Group system:authenticated', 'Group system:unauthenticated'],
  'system:service-account-issuer-discovery': ['Group system:serviceaccounts'],
  'system:monitoring': ['Group system:monitoring'],
  'system:kube-controller-manager': ['User system:kube-controller-manager'],
  'system:kube-scheduler': ['User system:kube-scheduler'],
  'system:node-proxier': ['User system:kube-proxy'],
  'system:node': ['Group system:nodes'],
};

function subjectOf(text: string): Subject {
  const [kind = '', name = ''] = text.split(' ', 2);
  return { apiGroup: rbacGroup, kind, name };
}

export function bootstrapClusterRoles(): ClusterRole[] {
  const plain = Object.entries(clusterRoles).map(([name, rules]): ClusterRole => {
    const target = name.startsWith('system:aggregate-to-') ? name.slice('system:aggregate-to-'.length) : undefined;
    return clusterRole(name, [...rules], target);
  });
  const views = clusterRoles['system:aggregate-to-view'] ?? [];
  const edits = [...(clusterRoles['system:aggregate-to-edit'] ?? []), ...views];
  const rules: Readonly<Record<string, readonly PolicyRule[]>> = {
    view: views,
    edit: edits,
    admin: [...(clusterRoles['system:aggregate-to-admin'] ?? []), ...edits],
  };
  const aggregates = Object.entries(aggregated).map(
    ([name, into]): ClusterRole => ({
      ...clusterRole(name, [...(rules[name] ?? [])], into),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregationLabel(name)]: 'true' } }] },
    }),
  );
  return [...plain, ...aggregates];
}

function clusterRole(name: string, rules: PolicyRule[], aggregateTo: string | undefined): ClusterRole {
  const extra = aggregateTo === undefined ? {} : { [aggregationLabel(aggregateTo)]: 'true' };
  return { apiVersion, kind: 'ClusterRole', metadata: { name, labels: { ...labels, ...extra }, annotations }, rules };
}

export function bootstrapClusterRoleBindings(): ClusterRoleBinding[] {
  return Object.entries(clusterBindings).map(([name, subjects]) => ({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels, annotations },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    subjects: subjects.map(subjectOf),
  }));
}

const readerName = 'extension-apiserver-authentication-reader';

export function bootstrapRoles(): (Role | RoleBinding)[] {
  return [
    {
      apiVersion,
      kind: 'Role',
      metadata: { name: readerName, namespace: 'kube-system', labels, annotations },
      rules: [rule(READ, '', 'configmaps', 'extension-apiserver-authentication')],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: `system::${readerName}`, namespace: 'kube-system', labels, annotations },
      roleRef: { apiGroup: rbacGroup, kind: 'Role', name: readerName },
      subjects: [subjectOf('User system:kube-controller-manager'), subjectOf('User system:kube-scheduler')],
    },
  ];
}
