import { formatApiVersion } from '../../api/group-version.ts';
import { openApiReader } from '../api-reader.ts';
import { defineCommand } from '../command.ts';
import { discoverTypes, preferredOf, type ResourceType } from '../get/resource-types.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured } from '../print/structured.ts';
import { TableLayout } from '../print/table-layout.ts';

export const apiResourcesCommand = defineCommand({
  usage: '',
  examples: [
    { does: 'All of them', line: 'fairlead api-resources' },
    { does: 'With what can be done to each', line: 'fairlead api-resources -o wide' },
    { does: 'Those of one group', line: 'fairlead api-resources --api-group=apps' },
    {
      does: 'Names alone, of what can be listed and lives in no namespace',
      line: 'fairlead api-resources --verbs=list --namespaced=false -o name',
    },
  ],
  flags: {
    'api-group': { type: 'string', value: 'GROUP', description: 'only this group; empty for the core group' },
    namespaced: {
      type: 'boolean',
      description: 'only kinds that live in namespaces, with =false only those that do not',
    },
    verbs: {
      type: 'list',
      commas: true,
      value: 'VERBS',
      description: 'only kinds to which all these can be done: list,delete',
    },
    categories: { type: 'list', commas: true, value: 'NAMES', description: 'only kinds of all these categories: all' },
    'sort-by': { type: 'string', value: 'FIELD', choices: ['name', 'kind'], description: 'order (default: by group)' },
    'no-headers': { type: 'boolean', description: 'leave the headings out' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['wide', 'name', 'json', 'yaml'],
      description: 'how to print them',
    },
  },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { flags, io } = invocation;
    await using reader = await openApiReader(invocation);
    const all = await discoverTypes(reader, { fresh: true }).all();
    const has = (given: readonly string[], wanted: readonly string[]): boolean =>
      wanted.every((one) => given.includes(one));
    const group = flags['api-group'];
    const types = preferredOf(all)
      .filter((type) => type.verbs.length > 0)
      .filter((type) => group === undefined || type.group === group)
      .filter((type) => flags.namespaced === undefined || type.namespaced === flags.namespaced)
      .filter((type) => has(type.verbs, flags.verbs) && has(type.categories, flags.categories))
      .sort(
        (a, b) => compare(sortKey(a, flags['sort-by']), sortKey(b, flags['sort-by'])) || compare(a.plural, b.plural),
      );
    switch (flags.output) {
      case 'name':
        io.stdout.write(
          types
            .map(({ plural, group }) => escapeControls(`${group === '' ? plural : `${plural}.${group}`}\n`))
            .join(''),
        );
        return 0;
      case 'json':
      case 'yaml': {
        const list = resourceList(types);
        const { structOrder } = await import('../print/struct-order.ts');
        io.stdout.write(await formatStructured(list, flags.output, io.stdout, { order: structOrder(list) }));
        return 0;
      }
    }
    const wide = flags.output === 'wide';
    const headings = [
      'NAME',
      'SHORTNAMES',
      'APIVERSION',
      'NAMESPACED',
      'KIND',
      ...(wide ? ['VERBS', 'CATEGORIES'] : []),
    ];
    const rows = types.map((type) => [
      type.plural,
      type.shortNames.join(','),
      formatApiVersion(type),
      String(type.namespaced),
      type.kind,
      ...(wide ? [type.verbs.join(','), type.categories.join(',')] : []),
    ]);
    io.stdout.write(escapeControls(new TableLayout().lines(flags['no-headers'] === true ? rows : [headings, ...rows])));
    return 0;
  },
});

function sortKey({ plural, kind, group }: ResourceType, by: string | undefined): string {
  if (by === 'name') return plural;
  return by === 'kind' ? kind : group;
}

/** By code units, as Go compares. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function resourceList(types: readonly ResourceType[]): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'APIResourceList',
    groupVersion: '',
    resources: types.map(({ plural, singular, kind, group, version, namespaced, verbs, shortNames, categories }) => ({
      name: plural,
      singularName: singular,
      kind,
      version,
      namespaced,
      verbs,
      ...(group !== '' && { group }),
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    })),
  };
}
