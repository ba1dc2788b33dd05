/** All commands. The modules are loaded when they run, so that one command does not pay for another's imports. */
import type { CommandRow } from '../command-row.ts';
import { configTable } from './config-table.ts';
import { createTable } from './create/table.ts';

/** Of what is typed all day the rows stand alone, for the bundle that has nothing else. */
export const getRow: CommandRow = {
  name: 'get',
  group: 'objects',
  summary: 'Show objects of the cluster',
  load: async () => (await import('./get.ts')).getCommand,
};

export const versionRow: CommandRow = {
  name: 'version',
  group: 'about',
  summary: "Show this program's version and the cluster's",
  load: async () => (await import('./version.ts')).versionCommand,
};

export const commandTable: readonly CommandRow[] = [
  {
    name: 'up',
    group: 'machine',
    summary: 'Start a Kubernetes cluster on this machine',
    load: async () => (await import('./up.ts')).upCommand,
  },
  {
    name: 'down',
    group: 'machine',
    summary: 'Stop a cluster of this machine and keep its data',
    load: async () => (await import('./down.ts')).downCommand,
  },
  {
    name: 'status',
    group: 'machine',
    summary: 'Tell which clusters run on this machine, since when, and where',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'node',
    group: 'machine',
    summary: 'Be a node of any cluster: run its pods as processes of this machine',
    load: async () => (await import('./node.ts')).nodeCommand,
  },
  {
    name: 'ls',
    group: 'reach',
    summary: 'List every service you can reach: how to get there, and whether it is well',
    load: async () => (await import('./ls.ts')).lsCommand,
  },
  {
    name: 'open',
    group: 'reach',
    summary: 'Show a service in the browser, under a host name of its own',
    load: async () => (await import('./open.ts')).openCommand,
  },
  {
    name: 'forward',
    group: 'reach',
    summary: 'Lead local ports to services, many at once: named here, or in the fairlead.yaml of the project',
    load: async () => (await import('./forward.ts')).forwardCommand,
  },
  {
    name: 'why',
    group: 'reach',
    summary: 'Find out why something cannot be reached, and what mends it',
    load: async () => (await import('./why.ts')).whyCommand,
  },
  {
    name: 'balance',
    group: 'reach',
    summary: 'Be the load balancer in front of the API servers of a cluster',
    load: async () => (await import('./balance.ts')).balanceCommand,
  },
  {
    name: 'proxy',
    group: 'reach',
    summary: "Lead to the cluster's API, and to each of its services by a host name of its own",
    load: async () => (await import('./proxy.ts')).proxyCommand,
  },
  {
    name: 'port-forward',
    group: 'reach',
    summary: 'Lead local ports to ports of pods',
    load: async () => (await import('./port-forward.ts')).portForwardCommand,
  },
  {
    name: 'env',
    group: 'reach',
    summary: 'Print the settings by which the tools of a shell go through a running gateway',
    load: async () => (await import('./env.ts')).envCommand,
  },
  getRow,
  {
    name: 'describe',
    group: 'objects',
    summary: 'Tell all about objects: settings, state, what belongs to them, events',
    load: async () => (await import('./describe.ts')).describeCommand,
  },
  {
    name: 'create',
    group: 'objects',
    summary: 'Create objects from files; "create KIND" makes one from flags',
    load: async () => (await import('./create.ts')).createCommand,
  },
  ...createTable,
  {
    name: 'apply',
    group: 'objects',
    summary: 'Bring objects to what files say',
    load: async () => (await import('./apply.ts')).applyCommand,
  },
  {
    name: 'expose',
    group: 'objects',
    summary: 'Make a Service for what runs',
    load: async () => (await import('./expose.ts')).exposeCommand,
  },
  {
    name: 'delete',
    group: 'objects',
    summary: 'Delete objects',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    name: 'label',
    group: 'objects',
    summary: 'Set and remove labels of objects',
    load: async () => (await import('./label.ts')).labelCommand,
  },
  {
    name: 'annotate',
    group: 'objects',
    summary: 'Set and remove annotations of objects',
    load: async () => (await import('./annotate.ts')).annotateCommand,
  },
  {
    name: 'scale',
    group: 'objects',
    summary: 'Set how many pods a Deployment, ReplicaSet or StatefulSet has',
    load: async () => (await import('./scale.ts')).scaleCommand,
  },
  {
    name: 'wait',
    group: 'objects',
    summary: 'Wait until objects are as they should be',
    load: async () => (await import('./wait.ts')).waitCommand,
  },
  {
    name: 'events',
    group: 'objects',
    summary: 'Tell what happened in the cluster of late',
    load: async () => (await import('./events.ts')).eventsCommand,
  },
  {
    name: 'shell',
    group: 'pods',
    summary: 'Open a shell in a container, or on a node',
    load: async () => (await import('./shell.ts')).shellCommand,
  },
  {
    name: 'logs',
    aliases: ['log'],
    group: 'pods',
    summary: 'Show what containers write',
    load: async () => (await import('./logs.ts')).logsCommand,
  },
  {
    name: 'exec',
    group: 'pods',
    summary: 'Run a command in a container',
    load: async () => (await import('./exec.ts')).execCommand,
  },
  {
    name: 'attach',
    group: 'pods',
    summary: "See and type what a container's own process writes and reads",
    load: async () => (await import('./attach.ts')).attachCommand,
  },
  {
    name: 'run',
    group: 'pods',
    summary: 'Make a pod, and be in it at once with -it',
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'cp',
    group: 'pods',
    summary: 'Copy files and folders to and from containers',
    load: async () => (await import('./cp.ts')).cpCommand,
  },
  ...configTable,
  {
    name: 'cluster-info',
    group: 'about',
    summary: 'Tell where the API server and the services of the cluster itself are',
    load: async () => (await import('./cluster-info.ts')).clusterInfoCommand,
  },
  {
    name: 'api-resources',
    group: 'about',
    summary: 'List the kinds of objects that the cluster has',
    load: async () => (await import('./api-resources.ts')).apiResourcesCommand,
  },
  {
    name: 'api-versions',
    group: 'about',
    summary: 'List the API versions that the cluster has, as GROUP/VERSION',
    load: async () => (await import('./api-versions.ts')).apiVersionsCommand,
  },
  {
    name: 'completion',
    group: 'about',
    summary: 'Print what makes your shell complete commands, flags and the names of your clusters',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  {
    name: '__complete',
    group: 'about',
    hidden: true,
    summary: 'Tell what may stand in the place of the last word, for shell completion',
    load: async () => (await import('./complete.ts')).completeCommand,
  },
  {
    name: 'options',
    group: 'about',
    summary: 'List the flags that every command takes',
    load: async () => (await import('./options.ts')).optionsCommand,
  },
  versionRow,
];
