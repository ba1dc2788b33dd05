/** All commands. The modules are loaded when they run, so that one command does not pay for another's imports. */
import type { CliCommand } from '../command.ts';

export interface CommandRow {
  /** One or two words: `get`, `config view`. */
  name: string;
  /** The command, of whatever flags; loaded on use. */
  load(): Promise<CliCommand>;
}

export const commandTable: readonly CommandRow[] = [
  { name: 'up', load: async () => (await import('./up.ts')).upCommand },
  { name: 'down', load: async () => (await import('./down.ts')).downCommand },
  { name: 'status', load: async () => (await import('./status.ts')).statusCommand },
  { name: 'node', load: async () => (await import('./node.ts')).nodeCommand },
  { name: 'proxy', load: async () => (await import('./proxy.ts')).proxyCommand },
  { name: 'get', load: async () => (await import('./get.ts')).getCommand },
  { name: 'create', load: async () => (await import('./create.ts')).createCommand },
  { name: 'apply', load: async () => (await import('./apply.ts')).applyCommand },
  { name: 'delete', load: async () => (await import('./delete.ts')).deleteCommand },
  { name: 'label', load: async () => (await import('./label.ts')).labelCommand },
  { name: 'annotate', load: async () => (await import('./annotate.ts')).annotateCommand },
  { name: 'scale', load: async () => (await import('./scale.ts')).scaleCommand },
  { name: 'events', load: async () => (await import('./events.ts')).eventsCommand },
  { name: 'auth can-i', load: async () => (await import('./auth-can-i.ts')).authCanICommand },
  { name: 'auth whoami', load: async () => (await import('./auth-whoami.ts')).authWhoamiCommand },
  { name: 'api-resources', load: async () => (await import('./api-resources.ts')).apiResourcesCommand },
  { name: 'api-versions', load: async () => (await import('./api-versions.ts')).apiVersionsCommand },
  { name: 'cluster-info', load: async () => (await import('./cluster-info.ts')).clusterInfoCommand },
  { name: 'config view', load: async () => (await import('./config-view.ts')).configViewCommand },
  { name: 'version', load: async () => (await import('./version.ts')).versionCommand },
];
