import { StatusError } from '../../api/status.ts';
import { type ApiReader, openApiReader } from '../api-reader.ts';
import { CommandError, type CommandIo, defineCommand, KubectlOnly, UsageError } from '../command.ts';
import type { FlagTable, FlagValues } from '../flags.ts';
import { parseArguments, type Wanted } from '../get/arguments.ts';
import { type HumanOptions, isNotFound, printTables } from '../get/print-tables.ts';
import type { Selection } from '../get/request-path.ts';
import { discoverTypes } from '../get/resource-types.ts';
import { type OutputFormat, outputFlags, parseOutputFormat } from '../print/output-format.ts';
import { statusLine } from '../print/status-line.ts';

const flags = {
  ...outputFlags,
  'all-namespaces': { type: 'boolean', short: 'A', description: 'in every namespace' },
  selector: {
    type: 'string',
    short: 'l',
    value: 'SELECTOR',
    description: 'only objects with these labels: app=web,tier!=db',
  },
  'field-selector': {
    type: 'string',
    value: 'SELECTOR',
    description: 'only objects with these fields: status.phase=Running',
  },
  filename: {
    type: 'list',
    commas: true,
    short: 'f',
    value: 'FILE',
    description:
      "the objects that this file, pattern ('*.yaml'), folder or URL names; - for standard input; may be given several times",
    complete: 'files',
  },
  recursive: { type: 'boolean', short: 'R', description: 'read the folders below those of -f too' },
  watch: { type: 'boolean', short: 'w', description: 'go on and show every change' },
  'watch-only': { type: 'boolean', description: 'show only what changes from now on' },
  'output-watch-events': { type: 'boolean', description: 'with a watch: show what happened to each object' },
  'sort-by': {
    type: 'string',
    value: 'FIELD',
    description: 'in the order of this field: .metadata.creationTimestamp',
    suggest: ['.metadata.name', '.metadata.creationTimestamp'],
  },
  'no-headers': { type: 'boolean', description: 'leave the headings out' },
  'show-labels': { type: 'boolean', description: 'a last column with the labels' },
  'label-columns': {
    type: 'list',
    commas: true,
    short: 'L',
    value: 'LABELS',
    description: 'a column for each of these labels',
  },
  'show-kind': { type: 'boolean', description: 'names with their kind' },
  'ignore-not-found': { type: 'boolean', description: 'what does not exist is no error' },
  'chunk-size': {
    type: 'integer',
    value: 'N',
    description: 'objects that one request asks for; 0: all at once (default 500)',
  },
  subresource: {
    type: 'string',
    value: 'NAME',
    description: 'of named objects: status, scale',
    suggest: ['status', 'scale', 'resize'],
  },
  raw: { type: 'string', value: 'PATH', description: 'the answer of the API server to this path, as it is' },
} as const satisfies FlagTable;

type GetFlags = FlagValues<typeof flags>;

export const getCommand = defineCommand({
  usage: 'TYPE[,TYPE...] [NAME...] | TYPE/NAME... | -f FILE',
  description:
    'Prints as kubectl does: a table that the server makes, or the objects themselves with -o json and -o yaml.\n' +
    'Types may be given by plural, singular, short name or kind, and with their group: pods, po, deployments.apps.',
  examples: [
    { does: 'The pods of the current namespace', line: 'fairlead get pods' },
    { does: 'Services and deployments everywhere', line: 'fairlead get svc,deploy -A' },
    { does: 'Two objects by name, with more columns', line: 'fairlead get pod/web-1 svc/web -n demo -o wide' },
    { does: 'What carries a label, as YAML', line: 'fairlead get pods -l app=web -o yaml' },
    { does: 'Every change, until Ctrl-C', line: 'fairlead get pods -n demo --watch' },
    {
      does: 'The image of each pod, a line for each',
      line: `fairlead get pods -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.spec.containers[*].image}{"\\n"}{end}'`,
    },
    {
      does: 'Columns of your own, oldest first',
      line: 'fairlead get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName --sort-by=.metadata.creationTimestamp',
    },
  ],
  flags,
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const format = await parseOutputFormat(flags.output, { template: flags.template, cwd: io.cwd });
    checkFlags(args, flags, format);
    await using reader = await openApiReader({ ...invocation, onlyServer: flags.filename.length === 0 });
    if (flags.raw !== undefined) {
      const { printRaw } = await import('../get/raw.ts');
      await printRaw(flags.raw, { reader, io });
      return 0;
    }
    const selection: Selection = {
      namespace: reader.config.namespace,
      allNamespaces: flags['all-namespaces'] === true,
      labelSelector: flags.selector,
      fieldSelector: flags['field-selector'],
      // What is sorted is needed whole.
      chunkSize: flags['sort-by'] === undefined ? flags['chunk-size'] : 0,
      subresource: flags.subresource,
    };
    const wanted = await findWanted(invocation, reader);
    checkNames(wanted, selection);
    const namespaceGiven = invocation.globals.namespace !== undefined;
    const run = { reader, selection, io, format, flags, signal, namespaceGiven };
    const watching = flags.watch === true || flags['watch-only'] === true;
    const errors = watching ? await watch(wanted, run) : await print(wanted, run);
    const ignored = flags['ignore-not-found'] === true;
    const reported = ignored ? errors.filter((error) => !isNotFound(error)) : errors;
    return await reportErrors(reported, { wanted, reader, io });
  },
});

interface Run {
  reader: ApiReader;
  selection: Selection;
  io: CommandIo;
  format: OutputFormat;
  flags: GetFlags;
  signal: AbortSignal;
  namespaceGiven: boolean;
}

/** Throws UsageError for flags that contradict one another. */
function checkFlags(args: readonly string[], flags: GetFlags, format: OutputFormat): void {
  const watching = flags.watch === true || flags['watch-only'] === true;
  if (flags['show-labels'] === true && format.kind !== 'table') {
    throw new UsageError(`--show-labels goes with a table, not with -o ${format.kind}`);
  }
  if (flags['output-watch-events'] === true && !watching) {
    throw new UsageError('--output-watch-events goes with --watch or --watch-only');
  }
  if (flags['output-watch-events'] === true && format.kind === 'name') {
    throw new KubectlOnly('--output-watch-events with -o name is not supported here');
  }
  if ((flags['chunk-size'] ?? 0) < 0) throw new UsageError('--chunk-size is below zero');
  if (flags.raw !== undefined) {
    if (args.length > 0) throw new UsageError('--raw names what to get, so that arguments have no place');
    if (watching || flags.selector !== undefined || flags.output !== undefined) {
      throw new UsageError('--raw prints the answer as it is: --watch, --selector and --output do not go with it');
    }
  }
  if (flags.filename.length > 0 && (args.length > 0 || flags.selector !== undefined)) {
    throw new UsageError('give files (-f) or types and names, not both');
  }
}

async function findWanted(
  {
    args,
    flags,
    globals,
    io,
    signal,
  }: { args: readonly string[]; flags: GetFlags } & Pick<
    Parameters<typeof openApiReader>[0],
    'globals' | 'io' | 'signal'
  >,
  reader: ApiReader,
): Promise<Wanted[]> {
  const types = discoverTypes(reader);
  if (flags.filename.length === 0) return await parseArguments(args, types);
  const { selectTargets } = await import('../objects/select-targets.ts');
  const choice = { filename: flags.filename, recursive: flags.recursive };
  const context = { reader, types, io, signal, namespaceGiven: globals.namespace !== undefined };
  return await selectTargets([], choice, context);
}

function checkNames(wanted: readonly Wanted[], selection: Selection): void {
  const { allNamespaces, labelSelector, fieldSelector, subresource } = selection;
  const named = wanted.some(({ name }) => name !== undefined);
  if (subresource !== undefined && !wanted.every(({ name }) => name !== undefined)) {
    throw new CommandError('--subresource is of named objects: say which ones');
  }
  if (!named) return;
  if (allNamespaces && wanted.some(({ name, type }) => name !== undefined && type.namespaced))
    throw new CommandError('an object is named within one namespace: use -n NAMESPACE instead of -A');
  if (labelSelector !== undefined || fieldSelector !== undefined) {
    throw new CommandError('names and selectors exclude each other: give one or the other');
  }
}

async function print(
  wanted: readonly Wanted[],
  { reader, selection, io, format, flags, namespaceGiven }: Run,
): Promise<unknown[]> {
  const ignoreNotFound = flags['ignore-not-found'] === true;
  const sortBy = flags['sort-by'];
  if (format.kind === 'table') {
    const options = humanOptions(format, flags);
    return await printTables(wanted, { reader, selection, options, io, namespaceGiven, ignoreNotFound });
  }
  const [{ printObjects }, printer] = await Promise.all([
    import('../get/print-objects.ts'),
    openPrinter(format, flags, io),
  ]);
  return await printObjects(wanted, { reader, selection, printer, io, sortBy, ignoreNotFound });
}

async function openPrinter(format: Exclude<OutputFormat, { kind: 'table' }>, flags: GetFlags, { stdout }: CommandIo) {
  const { openObjectPrinter } = await import('../print/object-printer.ts');
  const options = {
    noHeaders: flags['no-headers'],
    allowMissingKeys: flags['allow-missing-template-keys'],
    showManagedFields: flags['show-managed-fields'],
  };
  return await openObjectPrinter(format, options, stdout);
}

function humanOptions({ wide }: { wide: boolean }, flags: GetFlags): HumanOptions {
  return {
    wide,
    showLabels: flags['show-labels'] === true,
    noHeaders: flags['no-headers'] === true,
    showKind: flags['show-kind'] === true,
    labelColumns: flags['label-columns'],
    sortBy: flags['sort-by'],
  };
}

async function watch(
  wanted: readonly Wanted[],
  { reader, selection, io, format, flags, signal }: Run,
): Promise<unknown[]> {
  const [only, more] = wanted;
  if (only === undefined || more !== undefined) throw new UsageError('--watch follows one type, or one object of it');
  if (flags['sort-by'] !== undefined) {
    io.stderr.write('warning: --watch requested, --sort-by will be ignored for watch events received\n');
  }
  const { watchObjects, watchTable } = await import('../get/watch.ts');
  const changesOnly = flags['watch-only'] === true;
  const context = { reader, selection, io, changesOnly, showEvents: flags['output-watch-events'] === true };
  try {
    if (format.kind === 'table') await watchTable(only, humanOptions(format, flags), context);
    else await watchObjects(only, await openPrinter(format, flags, io), context);
  } catch (error) {
    signal.throwIfAborted();
    const { withNameHint } = await import('../name-hint.ts');
    throw await withNameHint(error, wanted, reader);
  }
  signal.throwIfAborted();
  return [];
}

async function reportErrors(
  errors: readonly unknown[],
  { wanted, reader, io }: { wanted: readonly Wanted[]; reader: ApiReader; io: CommandIo },
): Promise<number> {
  if (errors.length === 0) return 0;
  const [{ hintLine }, { withNameHint }] = await Promise.all([import('../hint.ts'), import('../name-hint.ts')]);
  for (const error of errors) {
    if (!(error instanceof StatusError)) throw error;
    await withNameHint(error, wanted, reader);
    io.stderr.write(`${statusLine(error)}\n${hintLine(error)}`);
  }
  return 1;
}
