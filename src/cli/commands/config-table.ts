/** Clusters, users and rights. */
import type { CommandRow } from '../command-row.ts';

export const configTable: readonly CommandRow[] = [
  {
    name: 'config view',
    group: 'kubeconfig',
    summary: 'Show the kubeconfig as it is used, without its secrets',
    load: async () => (await import('./config-view.ts')).configViewCommand,
  },
  {
    name: 'config get-contexts',
    group: 'kubeconfig',
    summary: 'List the contexts of the kubeconfig',
    load: async () => (await import('./config-get-contexts.ts')).configGetContextsCommand,
  },
  {
    name: 'config current-context',
    group: 'kubeconfig',
    summary: 'Show which context is the current one',
    load: async () => (await import('./config-current-context.ts')).configCurrentContextCommand,
  },
  {
    name: 'config use-context',
    aliases: ['config use'],
    group: 'kubeconfig',
    summary: 'Make a context the current one',
    load: async () => (await import('./config-use-context.ts')).configUseContextCommand,
  },
  {
    name: 'config set-context',
    group: 'kubeconfig',
    summary: 'Make a context, or change what one uses',
    load: async () => (await import('./config-set-context.ts')).configSetContextCommand,
  },
  {
    name: 'config rename-context',
    group: 'kubeconfig',
    summary: 'Give a context another name',
    load: async () => (await import('./config-rename-context.ts')).configRenameContextCommand,
  },
  {
    name: 'config delete-context',
    group: 'kubeconfig',
    summary: 'Take a context out of the kubeconfig',
    load: async () => (await import('./config-delete-context.ts')).configDeleteContextCommand,
  },
  {
    name: 'config get-clusters',
    group: 'kubeconfig',
    summary: 'List the clusters of the kubeconfig',
    load: async () => (await import('./config-get-clusters.ts')).configGetClustersCommand,
  },
  {
    name: 'config set-cluster',
    group: 'kubeconfig',
    summary: 'Make a cluster of the kubeconfig, or change how it is reached',
    load: async () => (await import('./config-set-cluster.ts')).configSetClusterCommand,
  },
  {
    name: 'config delete-cluster',
    group: 'kubeconfig',
    summary: 'Take a cluster out of the kubeconfig',
    load: async () => (await import('./config-delete-cluster.ts')).configDeleteClusterCommand,
  },
  {
    name: 'config get-users',
    group: 'kubeconfig',
    summary: 'List the users of the kubeconfig',
    load: async () => (await import('./config-get-users.ts')).configGetUsersCommand,
  },
  {
    name: 'config set-credentials',
    group: 'kubeconfig',
    summary: 'Make a user of the kubeconfig, or change its credentials',
    load: async () => (await import('./config-set-credentials.ts')).configSetCredentialsCommand,
  },
  {
    name: 'config delete-user',
    group: 'kubeconfig',
    summary: 'Take a user out of the kubeconfig',
    load: async () => (await import('./config-delete-user.ts')).configDeleteUserCommand,
  },
  {
    name: 'config set',
    group: 'kubeconfig',
    summary: 'Set one value of the kubeconfig',
    load: async () => (await import('./config-set.ts')).configSetCommand,
  },
  {
    name: 'config unset',
    group: 'kubeconfig',
    summary: 'Take one value out of the kubeconfig',
    load: async () => (await import('./config-unset.ts')).configUnsetCommand,
  },
  {
    name: 'auth can-i',
    group: 'kubeconfig',
    summary: 'Tell whether you may do something',
    load: async () => (await import('./auth-can-i.ts')).authCanICommand,
  },
  {
    name: 'auth whoami',
    group: 'kubeconfig',
    summary: 'Tell who the cluster takes you for',
    load: async () => (await import('./auth-whoami.ts')).authWhoamiCommand,
  },
];
