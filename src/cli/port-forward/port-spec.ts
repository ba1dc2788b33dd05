/** `[LOCAL:]REMOTE` of `port-forward`, and what REMOTE means for a pod or a Service. */
import type { Pod, Service, ServicePort } from '../../api/types/core-v1.ts';
import { CommandError, UsageError } from '../command.ts';
import { portNumber } from '../port-number.ts';

export interface PortSpec {
  /** 0: any that is free; undefined: the same as the remote one. */
  local: number | undefined;
  /** A number or a name. */
  remote: string;
}

/** Throws UsageError. */
export function parsePortSpec(text: string): PortSpec {
  const parts = text.split(':');
  const [first = '', second] = parts;
  const remote = second ?? first;
  const isName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(remote) && /[a-z]/.test(remote);
  if (parts.length > 2 || (portNumber(remote) === undefined && !isName)) throw invalid(text);
  if (second === undefined) return { local: undefined, remote };
  if (first === '') return { local: 0, remote };
  const local = first === '0' ? 0 : portNumber(first);
  if (local === undefined) throw invalid(text);
  return { local, remote };
}

function invalid(text: string): UsageError {
  return new UsageError(`invalid port "${text}": PORT, LOCAL:PORT or :PORT is needed, such as 8080:80 or 8443:https`);
}

/** The port of a pod that is meant. Throws CommandError for a name it does not have, and for UDP. */
export function podPort(pod: Pod, remote: string): number {
  const declared = (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []);
  const number = portNumber(remote);
  const meant = declared.filter(({ name, containerPort }) =>
    number === undefined ? name === remote : containerPort === number,
  );
  if (meant.length > 0 && meant.every(({ protocol }) => protocol === 'UDP')) throw noUdp(remote);
  const found = number ?? meant[0]?.containerPort;
  if (found !== undefined) return found;
  const names = declared.flatMap(({ name }) => name ?? []);
  throw new CommandError(
    `pod ${pod.metadata.name} has no port with the name "${remote}"; it has ${names.length === 0 ? 'none with a name' : names.join(', ')}`,
  );
}

/** The port of a Service. Throws CommandError where it has none such, and for UDP. */
export function servicePort({ metadata, spec }: Service, remote: string): ServicePort {
  const ports = spec?.ports ?? [];
  const number = portNumber(remote);
  const meant = ports.filter(({ name, port }) => (number === undefined ? name === remote : port === number));
  const [found] = meant.filter(({ protocol }) => protocol === undefined || protocol === 'TCP');
  if (found !== undefined) return found;
  if (meant.length > 0) throw noUdp(remote);
  const there = ports.map(({ name, port }) => (name === undefined ? port : `${port} (${name})`)).join(', ');
  throw new CommandError(`service ${metadata.name} has no port ${remote}; it has ${there === '' ? 'none' : there}`);
}

/** Where a Service's port leads in one of its pods. Throws CommandError. */
export function targetPort({ spec }: Service, { port, targetPort: target = port }: ServicePort, pod: Pod): number {
  // Without an address of its own the Service is but a name: its port is the pod's.
  if (spec?.clusterIP === 'None') return typeof target === 'string' ? podPort(pod, target) : port;
  return typeof target === 'string' ? podPort(pod, target) : target === 0 ? port : target;
}

function noUdp(remote: string): CommandError {
  return new CommandError(`port ${remote} is UDP, which port-forwards do not carry`);
}
