/** Why no port of a Service could be chosen, in words, and how to name one. */
import type { Service, ServicePort } from '../api/types/core-v1.ts';
import type { AskedBy, ServiceTarget } from './destination.ts';
import { formatTarget } from './forward-spec.ts';
import type { Problem } from './problem.ts';
import type { PortChoice } from './service-ports.ts';

/** `at` is the port of the gateway as the browser named it, with its colon. */
export function noPort(
  service: Service,
  choice: Exclude<PortChoice, { kind: 'port' }>,
  { target, at, by }: { target: ServiceTarget; at: string; by: AskedBy },
): Problem {
  const { name, namespace, port: wanted } = target;
  const title = `Service "${name}" in namespace "${namespace}"`;
  const absent = { code: 404, reason: 'NotFound' } as const;
  const udp = (service.spec?.ports ?? []).find(
    ({ protocol, name: portName, port }) =>
      protocol === 'UDP' && wanted !== undefined && (wanted === portName || wanted === String(port)),
  );
  if (udp !== undefined) {
    const message =
      'The ways into the cluster (port-forward, the proxy verb) carry TCP only: reach it from a pod of the cluster.';
    return { ...absent, title: `${title}: its port ${udp.port} is UDP, which cannot pass`, message, notTcp: true };
  }
  const other = service.spec?.ports?.find(
    ({ name: portName, port, protocol = 'TCP' }) =>
      protocol !== 'TCP' && (portName === wanted || String(port) === wanted || choice.kind === 'none'),
  );
  if (other !== undefined) {
    const message = `Its port ${other.port} is ${other.protocol}, and only TCP can be led on.`;
    const noTcp = `${title} has no TCP port "${wanted ?? other.port}", but ${other.protocol}`;
    return { ...absent, title: noTcp, message, notTcp: true };
  }
  if (choice.kind === 'none') {
    const message = 'It has no TCP port, so there is nothing that could be opened.';
    return { ...absent, title: `${title} has no port to open`, message };
  }
  const links = choice.ports.map((port) => portLink(port, { target, at, by }));
  const names = links.map(({ text }) => text).join(', ');
  if (choice.kind === 'unknown')
    return { ...absent, title: `${title} has no port "${wanted}"`, message: `Its ports are: ${names}.`, links };
  return {
    code: 300,
    reason: '',
    title: `${title} has several ports`,
    message: `${howToName(choice.ports, target, by)}: ${names}.`,
    links,
  };
}

function portLink(
  { name, port }: ServicePort,
  { target, at, by }: { target: ServiceTarget; at: string; by: AskedBy },
): { href: string; text: string } {
  const label = name ?? String(port);
  const service = `${target.name}.${target.namespace}.svc${target.alias === undefined ? '' : `.${target.alias}`}`;
  const host = by === 'proxy' ? `${service}:${port}` : `${label}.${service}.localhost${at}`;
  return { href: `http://${host}/`, text: `${label} (port ${port})` };
}

function howToName([first]: readonly ServicePort[], target: ServiceTarget, by: AskedBy): string {
  if (by === 'host-name') return 'Name one of them in the host name, as PORT.SERVICE.NAMESPACE.svc.localhost';
  if (by === 'proxy') return 'Give the number of one of them after the host name, as SERVICE.NAMESPACE.svc:PORT';
  const port = first?.name ?? String(first?.port ?? 'PORT');
  return `Name one of them, as ${formatTarget({ ...target, port })}=LOCALPORT`;
}
