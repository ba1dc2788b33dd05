/** What `expose` reads off an object: which pods, which ports. After kubectl's `polymorphichelpers`. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError } from '../command.ts';
import { records } from '../get/resource-types.ts';

export interface Exposable {
  /** Labels of the pods. Throws CommandError where they cannot be told as plain labels. */
  selector(): Record<string, string>;
  /** Protocols by port, in the order of the ports. */
  ports: ReadonlyMap<number, readonly string[]>;
}

/** Throws CommandError for kinds that have no pods behind them. */
export function exposable(object: UnstructuredObject): Exposable {
  const { kind, apiVersion, metadata } = object;
  const spec = isRecord(object.spec) ? object.spec : {};
  const template = isRecord(spec.template) && isRecord(spec.template.spec) ? spec.template.spec : {};
  switch (`${apiVersion} ${kind}`) {
    case 'v1 Pod':
      return { ports: containerPorts(spec), selector: () => labels(metadata.labels, 'the pod has no labels') };
    case 'v1 Service':
      return {
        ports: collect(records(spec.ports), 'port'),
        selector: () => labels(spec.selector, 'the service has no pod selector'),
      };
    case 'v1 ReplicationController':
      return { ports: containerPorts(template), selector: () => labels(spec.selector, 'it has no selector') };
    case 'apps/v1 Deployment':
    case 'apps/v1 ReplicaSet': {
      const selector = isRecord(spec.selector) ? spec.selector : {};
      return {
        ports: containerPorts(template),
        selector() {
          if (records(selector.matchExpressions).length > 0) {
            throw new CommandError(
              `${kind} "${metadata.name}" selects its pods by expressions, which a Service cannot: give --selector`,
            );
          }
          return labels(selector.matchLabels, 'it has no selector');
        },
      };
    }
  }
  throw new CommandError(
    `a ${kind} cannot be exposed: give a Pod, Service, Deployment, ReplicaSet or ReplicationController`,
  );
}

function labels(value: unknown, absent: string): Record<string, string> {
  const entries = Object.entries(isRecord(value) ? value : {});
  if (entries.length === 0) throw new CommandError(`${absent}: say by --selector which pods are meant`);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => [key, String(text)]));
}

function containerPorts(podSpec: Record<string, unknown>): Map<number, string[]> {
  return collect(
    records(podSpec.containers).flatMap(({ ports }) => records(ports)),
    'containerPort',
  );
}

function collect(ports: readonly Record<string, unknown>[], field: string): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const port of ports) {
    const number = Number(port[field]);
    const protocol = typeof port.protocol === 'string' && port.protocol !== '' ? port.protocol : 'TCP';
    found.set(number, [...(found.get(number) ?? []), protocol]);
  }
  return found;
}
