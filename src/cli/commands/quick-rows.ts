/** What is typed all day, apart from the table: the bundle that begins fastest has nothing else in it. */
import type { CommandRow } from '../command-row.ts';

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
