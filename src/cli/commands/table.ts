/** All commands. The modules are loaded when they run, so that one command does not pay for another's imports. */
import type { CliCommand } from '../command.ts';

/** Under which heading the overview lists a command; the headings, in their order, are in `../help.ts`. */
export type CommandGroup = 'machine' | 'reach' | 'objects' | 'pods' | 'kubeconfig' | 'about';

export interface CommandRow {
  /** One word or more: `get`, `config view`. */
  name: string;
  /** Other names for it, with as many words. */
  aliases?: readonly string[];
  group: CommandGroup;
  /** Left out of help and completion: for programs. */
  hidden?: true;
  /** The command, of whatever flags; loaded on use. */
  load(): Promise<CliCommand>;
}

export const commandTable: readonly CommandRow[] = [
  { name: 'up', group: 'machine', load: async () => (await import('./up.ts')).upCommand },
  { name: 'down', group: 'machine', load: async () => (await import('./down.ts')).downCommand },
  { name: 'status', group: 'machine', load: async () => (await import('./status.ts')).statusCommand },
  { name: 'node', group: 'machine', load: async () => (await import('./node.ts')).nodeCommand },
  { name: 'ls', group: 'reach', load: async () => (await import('./ls.ts')).lsCommand },
  { name: 'open', group: 'reach', load: async () => (await import('./open.ts')).openCommand },
  { name: 'forward', group: 'reach', load: async () => (await import('./forward.ts')).forwardCommand },
  { name: 'why', group: 'reach', load: async () => (await import('./why.ts')).whyCommand },
  { name: 'balance', group: 'reach', load: async () => (await import('./balance.ts')).balanceCommand },
  { name: 'proxy', group: 'reach', load: async () => (await import('./proxy.ts')).proxyCommand },
  {
    name: 'port-forward',
    group: 'reach',
    load: async () => (await import('./port-forward.ts')).portForwardCommand,
  },
  { name: 'env', group: 'reach', load: async () => (await import('./env.ts')).envCommand },
  { name: 'get', group: 'objects', load: async () => (await import('./get.ts')).getCommand },
  { name: 'describe', group: 'objects', load: async () => (await import('./describe.ts')).describeCommand },
  { name: 'create', group: 'objects', load: async () => (await import('./create.ts')).createCommand },
  {
    name: 'create namespace',
    aliases: ['create ns'],
    group: 'objects',
    load: async () => (await import('./create/namespace.ts')).createNamespaceCommand,
  },
  {
    name: 'create deployment',
    aliases: ['create deploy'],
    group: 'objects',
    load: async () => (await import('./create/deployment.ts')).createDeploymentCommand,
  },
  {
    name: 'create configmap',
    aliases: ['create cm'],
    group: 'objects',
    load: async () => (await import('./create/configmap.ts')).createConfigmapCommand,
  },
  {
    name: 'create secret generic',
    group: 'objects',
    load: async () => (await import('./create/secret-generic.ts')).createSecretGenericCommand,
  },
  {
    name: 'create secret docker-registry',
    group: 'objects',
    load: async () => (await import('./create/secret-docker-registry.ts')).createSecretDockerRegistryCommand,
  },
  {
    name: 'create secret tls',
    group: 'objects',
    load: async () => (await import('./create/secret-tls.ts')).createSecretTlsCommand,
  },
  {
    name: 'create service clusterip',
    aliases: ['create svc clusterip'],
    group: 'objects',
    load: async () => (await import('./create/service-clusterip.ts')).createServiceClusteripCommand,
  },
  {
    name: 'create service nodeport',
    aliases: ['create svc nodeport'],
    group: 'objects',
    load: async () => (await import('./create/service-nodeport.ts')).createServiceNodeportCommand,
  },
  {
    name: 'create service loadbalancer',
    aliases: ['create svc loadbalancer'],
    group: 'objects',
    load: async () => (await import('./create/service-loadbalancer.ts')).createServiceLoadbalancerCommand,
  },
  {
    name: 'create service externalname',
    aliases: ['create svc externalname'],
    group: 'objects',
    load: async () => (await import('./create/service-externalname.ts')).createServiceExternalnameCommand,
  },
  {
    name: 'create serviceaccount',
    aliases: ['create sa'],
    group: 'objects',
    load: async () => (await import('./create/serviceaccount.ts')).createServiceaccountCommand,
  },
  {
    name: 'create role',
    group: 'objects',
    load: async () => (await import('./create/role.ts')).createRoleCommand,
  },
  {
    name: 'create clusterrole',
    group: 'objects',
    load: async () => (await import('./create/clusterrole.ts')).createClusterroleCommand,
  },
  {
    name: 'create rolebinding',
    group: 'objects',
    load: async () => (await import('./create/rolebinding.ts')).createRolebindingCommand,
  },
  {
    name: 'create clusterrolebinding',
    group: 'objects',
    load: async () => (await import('./create/clusterrolebinding.ts')).createClusterrolebindingCommand,
  },
  {
    name: 'create job',
    group: 'objects',
    load: async () => (await import('./create/job.ts')).createJobCommand,
  },
  {
    name: 'create cronjob',
    aliases: ['create cj'],
    group: 'objects',
    load: async () => (await import('./create/cronjob.ts')).createCronjobCommand,
  },
  {
    name: 'create token',
    group: 'objects',
    load: async () => (await import('./create/token.ts')).createTokenCommand,
  },
  { name: 'apply', group: 'objects', load: async () => (await import('./apply.ts')).applyCommand },
  { name: 'expose', group: 'objects', load: async () => (await import('./expose.ts')).exposeCommand },
  { name: 'delete', group: 'objects', load: async () => (await import('./delete.ts')).deleteCommand },
  { name: 'label', group: 'objects', load: async () => (await import('./label.ts')).labelCommand },
  { name: 'annotate', group: 'objects', load: async () => (await import('./annotate.ts')).annotateCommand },
  { name: 'scale', group: 'objects', load: async () => (await import('./scale.ts')).scaleCommand },
  { name: 'wait', group: 'objects', load: async () => (await import('./wait.ts')).waitCommand },
  { name: 'events', group: 'objects', load: async () => (await import('./events.ts')).eventsCommand },
  { name: 'shell', group: 'pods', load: async () => (await import('./shell.ts')).shellCommand },
  { name: 'logs', aliases: ['log'], group: 'pods', load: async () => (await import('./logs.ts')).logsCommand },
  { name: 'exec', group: 'pods', load: async () => (await import('./exec.ts')).execCommand },
  { name: 'attach', group: 'pods', load: async () => (await import('./attach.ts')).attachCommand },
  { name: 'run', group: 'pods', load: async () => (await import('./run.ts')).runCommand },
  { name: 'cp', group: 'pods', load: async () => (await import('./cp.ts')).cpCommand },
  { name: 'config view', group: 'kubeconfig', load: async () => (await import('./config-view.ts')).configViewCommand },
  {
    name: 'config get-contexts',
    group: 'kubeconfig',
    load: async () => (await import('./config-get-contexts.ts')).configGetContextsCommand,
  },
  {
    name: 'config current-context',
    group: 'kubeconfig',
    load: async () => (await import('./config-current-context.ts')).configCurrentContextCommand,
  },
  {
    name: 'config use-context',
    group: 'kubeconfig',
    load: async () => (await import('./config-use-context.ts')).configUseContextCommand,
  },
  {
    name: 'config set-context',
    group: 'kubeconfig',
    load: async () => (await import('./config-set-context.ts')).configSetContextCommand,
  },
  {
    name: 'config rename-context',
    group: 'kubeconfig',
    load: async () => (await import('./config-rename-context.ts')).configRenameContextCommand,
  },
  {
    name: 'config delete-context',
    group: 'kubeconfig',
    load: async () => (await import('./config-delete-context.ts')).configDeleteContextCommand,
  },
  {
    name: 'config get-clusters',
    group: 'kubeconfig',
    load: async () => (await import('./config-get-clusters.ts')).configGetClustersCommand,
  },
  {
    name: 'config set-cluster',
    group: 'kubeconfig',
    load: async () => (await import('./config-set-cluster.ts')).configSetClusterCommand,
  },
  {
    name: 'config delete-cluster',
    group: 'kubeconfig',
    load: async () => (await import('./config-delete-cluster.ts')).configDeleteClusterCommand,
  },
  {
    name: 'config get-users',
    group: 'kubeconfig',
    load: async () => (await import('./config-get-users.ts')).configGetUsersCommand,
  },
  {
    name: 'config set-credentials',
    group: 'kubeconfig',
    load: async () => (await import('./config-set-credentials.ts')).configSetCredentialsCommand,
  },
  {
    name: 'config delete-user',
    group: 'kubeconfig',
    load: async () => (await import('./config-delete-user.ts')).configDeleteUserCommand,
  },
  {
    name: 'config set',
    group: 'kubeconfig',
    load: async () => (await import('./config-set.ts')).configSetCommand,
  },
  {
    name: 'config unset',
    group: 'kubeconfig',
    load: async () => (await import('./config-unset.ts')).configUnsetCommand,
  },
  { name: 'auth can-i', group: 'kubeconfig', load: async () => (await import('./auth-can-i.ts')).authCanICommand },
  { name: 'auth whoami', group: 'kubeconfig', load: async () => (await import('./auth-whoami.ts')).authWhoamiCommand },
  { name: 'cluster-info', group: 'about', load: async () => (await import('./cluster-info.ts')).clusterInfoCommand },
  { name: 'api-resources', group: 'about', load: async () => (await import('./api-resources.ts')).apiResourcesCommand },
  { name: 'api-versions', group: 'about', load: async () => (await import('./api-versions.ts')).apiVersionsCommand },
  { name: 'completion', group: 'about', load: async () => (await import('./completion.ts')).completionCommand },
  {
    name: '__complete',
    group: 'about',
    hidden: true,
    load: async () => (await import('./complete.ts')).completeCommand,
  },
  { name: 'options', group: 'about', load: async () => (await import('./options.ts')).optionsCommand },
  { name: 'version', group: 'about', load: async () => (await import('./version.ts')).versionCommand },
];
