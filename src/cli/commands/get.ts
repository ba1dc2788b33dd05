import { StatusError } from '../../api/status.ts';
import { type ApiReader, openApiReader } from '../api-reader.ts';
import { CommandError, type CommandIo, defineCommand, KubectlOnly, UsageError } from '../command.ts';
import { parseArguments, type Wanted } from '../get/arguments.ts';
import { type ObjectFormat, printObjects } from '../get/print-objects.ts';
import { type HumanOptions, isNotFound, printTables } from '../get/print-tables.ts';
import type { Selection } from '../get/request-path.ts';
import { discoverTypes } from '../get/resource-types.ts';
import { watchObjects, watchTable } from '../get/watch.ts';
import { statusLine } from '../print/status-line.ts';

export const getCommand = defineCommand({
  usage: 'TYPE[,TYPE...] [NAME...] | TYPE/NAME...',
  summary: 'Show objects of the cluster',
  description:
    'Prints as kubectl does: a table that the server makes, or the objects themselves with -o json and -o yaml.\n' +
    'Types may be given by plural, singular, short name or kind, and with their group: pods, po, deployments.apps.',
  examples: [
    { does: 'The pods of the current namespace', line: 'fairlead get pods' },
    { does: 'Services and deployments everywhere', line: 'fairlead get svc,deploy -A' },
    { does: 'Two objects by name, with more columns', line: 'fairlead get pod/web-1 svc/web -n demo -o wide' },
    { does: 'What carries a label, as YAML', line: 'fairlead get pods -l app=web -o yaml' },
    { does: 'Every change, until Ctrl-C', line: 'fairlead get pods -n demo --watch' },
  ],
  flags: {
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
    output: { type: 'string', short: 'o', value: 'FORMAT', description: 'wide, json, yaml or name' },
    watch: { type: 'boolean', short: 'w', description: 'go on and show every change' },
    'no-headers': { type: 'boolean', description: 'leave the headings out' },
    'show-labels': { type: 'boolean', description: 'a last column with the labels' },
    'ignore-not-found': { type: 'boolean', description: 'what does not exist is no error' },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const format = checkFormat(flags.output);
    const human = format === '' || format === 'wide';
    if (flags['show-labels'] === true && !human)
      throw new UsageError(`--show-labels goes with a table, not with -o ${format}`);
    await using reader = await openApiReader(invocation);
    const selection: Selection = {
      namespace: reader.config.namespace,
      allNamespaces: flags['all-namespaces'] === true,
      labelSelector: flags.selector,
      fieldSelector: flags['field-selector'],
    };
    const wanted = await parseArguments(args, discoverTypes(reader));
    checkNames(wanted, selection);
    const options: HumanOptions = {
      wide: format === 'wide',
      showLabels: flags['show-labels'] === true,
      noHeaders: flags['no-headers'] === true,
    };
    let errors: unknown[];
    if (flags.watch === true) {
      errors = await watch(wanted, { reader, selection, io, format, options, signal });
    } else if (format === '' || format === 'wide') {
      errors = await printTables(wanted, { reader, selection, options, io });
    } else {
      errors = await printObjects(wanted, { reader, selection, format, io });
    }
    if (flags['ignore-not-found'] === true) errors = errors.filter((error) => !isNotFound(error));
    return reportErrors(errors, io);
  },
});

type Format = '' | 'wide' | ObjectFormat;

function checkFormat(format: string | undefined): Format {
  switch (format) {
    case undefined:
    case '':
      return '';
    case 'wide':
    case 'json':
    case 'yaml':
    case 'name':
      return format;
  }
  const kind = format.split('=')[0] ?? '';
  const kubectl =
    /^(jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|go-template|go-template-file|template|templatefile|kyaml)$/;
  if (!kubectl.test(kind))
    throw new UsageError(`invalid value "${format}" for --output: allowed are wide, json, yaml, name`);
  throw new KubectlOnly(`-o ${kind} is not supported here`);
}

function checkNames(wanted: readonly Wanted[], { allNamespaces, labelSelector, fieldSelector }: Selection): void {
  if (!wanted.some(({ name }) => name !== undefined)) return;
  if (allNamespaces) throw new CommandError('an object is named within one namespace: use -n NAMESPACE instead of -A');
  if (labelSelector !== undefined || fieldSelector !== undefined) {
    throw new CommandError('names and selectors exclude each other: give one or the other');
  }
}

interface WatchRun {
  reader: ApiReader;
  selection: Selection;
  io: CommandIo;
  format: Format;
  options: HumanOptions;
  signal: AbortSignal;
}

async function watch(wanted: readonly Wanted[], { format, options, signal, ...context }: WatchRun): Promise<unknown[]> {
  const [only, more] = wanted;
  if (only === undefined || more !== undefined) throw new UsageError('--watch follows one type, or one object of it');
  try {
    if (format === '' || format === 'wide') await watchTable(only, options, context);
    else await watchObjects(only, format, context);
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
  return [];
}

function reportErrors(errors: readonly unknown[], io: CommandIo): number {
  for (const error of errors) {
    if (!(error instanceof StatusError)) throw error;
    io.stderr.write(`${statusLine(error)}\n`);
  }
  return errors.length === 0 ? 0 : 1;
}
