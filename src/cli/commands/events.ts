import { formatApiVersion } from '../../api/group-version.ts';
import type { Event } from '../../api/types/core-v1.ts';
import { follow } from '../../client/follow.ts';
import { AnswerLimit } from '../answer-limit.ts';
import { openApiReader } from '../api-reader.ts';
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { interval } from '../describe/events.ts';
import { parseArguments } from '../get/arguments.ts';
import { discoverTypes } from '../get/resource-types.ts';
import { objectOutputFlags, openStructPrinter } from '../print/struct-printer.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';

export const eventsCommand = defineCommand({
  usage: '',
  examples: [
    { does: 'In the current namespace', line: 'fairlead events' },
    { does: 'To one pod, and go on', line: 'fairlead events --for pod/web-1 --watch' },
    { does: 'What went wrong anywhere', line: 'fairlead events -A --types=Warning' },
  ],
  flags: {
    ...objectOutputFlags,
    'all-namespaces': { type: 'boolean', short: 'A', description: 'in every namespace' },
    for: { type: 'string', value: 'TYPE/NAME', description: 'only what happened to this object' },
    types: { type: 'list', commas: true, value: 'TYPES', description: 'only these: Normal, Warning' },
    watch: { type: 'boolean', short: 'w', description: 'go on and show what happens' },
    'no-headers': { type: 'boolean', description: 'leave the headings out' },
  },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { flags, io, signal } = invocation;
    const types = flags.types.map((type) => type.toLowerCase());
    const unknown = types.find((type) => type !== 'normal' && type !== 'warning');
    if (unknown !== undefined) throw new UsageError(`no events are of type "${unknown}": there are Normal and Warning`);
    const printWhole = await openStructPrinter(flags, io);
    const everywhere = flags['all-namespaces'] === true;
    await using reader = await openApiReader(invocation);
    const { namespace } = reader.config;
    const fieldSelector = flags.for === undefined ? undefined : await selectorFor(flags.for, discoverTypes(reader));
    const resource = reader.client.resource<Event>('v1', 'events');
    const query = { ...(everywhere ? {} : { namespace }), ...(fieldSelector !== undefined && { fieldSelector }) };
    const isWanted = ({ type = '' }: Event): boolean => types.length === 0 || types.includes(type.toLowerCase());
    const layout = new TableLayout();
    let headed = flags['no-headers'] === true;
    const print = async (events: readonly Event[]): Promise<void> => {
      if (printWhole !== undefined) {
        for (const event of events) await printWhole(typed(event));
        return;
      }
      const rows = events.map((event) => eventCells(event, everywhere));
      io.stdout.write(layout.lines(headed ? rows : [headings(everywhere), ...rows]));
      headed = true;
    };

    using limit = new AnswerLimit(signal, reader.config.requestTimeoutMs);
    const changes = follow<Event>({ resource, query, initialEvents: false, signal: limit.signal, onError: throwIt });
    for await (const change of changes) {
      if (change.type === 'put' && isWanted(change.object)) await print([change.object]);
      if (change.type !== 'replace') continue;
      const events = change.objects.filter(isWanted).sort((a, b) => lastSeen(a) - lastSeen(b));
      if (flags.watch !== true && printWhole !== undefined && events.length > 0) {
        await printWhole({ apiVersion: 'v1', kind: 'EventList', metadata: {}, items: events.map(typed) });
      } else if (events.length > 0) await print(events);
      else if (flags.watch !== true) {
        io.stderr.write(everywhere ? 'No events found.\n' : `No events found in ${namespace} namespace.\n`);
      }
      if (flags.watch !== true) return 0;
      limit.start();
    }
    signal.throwIfAborted();
    return 0;
  },
});

function throwIt(error: unknown): void {
  throw error;
}

/** As Go's struct has it, where these are always there. */
function typed(event: Event): Record<string, unknown> {
  const { firstTimestamp = null, lastTimestamp = null, eventTime = null, source = {} } = event;
  const { reportingComponent = '', reportingInstance = '' } = event;
  return { ...event, source, firstTimestamp, lastTimestamp, eventTime, reportingComponent, reportingInstance };
}

async function selectorFor(target: string, types: ReturnType<typeof discoverTypes>): Promise<string> {
  if (!target.includes('/')) throw new UsageError(`--for needs TYPE/NAME, such as pod/web-1, not "${target}"`);
  const [wanted] = await parseArguments([target], types);
  if (wanted?.name === undefined) throw new CommandError(`"${target}" names no object`);
  const { type, name } = wanted;
  return `involvedObject.kind=${type.kind},involvedObject.apiVersion=${formatApiVersion(type)},involvedObject.name=${name}`;
}

function headings(everywhere: boolean): string[] {
  return [...(everywhere ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
}

function eventCells(event: Event, everywhere: boolean): string[] {
  const { metadata, type, reason, involvedObject, message } = event;
  const cells = [
    interval(event),
    type,
    reason,
    `${involvedObject.kind}/${involvedObject.name}`,
    (message ?? '').trim(),
  ];
  return [...(everywhere ? [metadata.namespace] : []), ...cells].map(cellText);
}

function lastSeen({ series, lastTimestamp, eventTime, metadata }: Event): number {
  const time = series?.lastObservedTime || lastTimestamp || eventTime || metadata.creationTimestamp || '';
  return Date.parse(time) || 0;
}
