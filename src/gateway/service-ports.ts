/** Which port of a Service a host name means, and how the application behind it speaks. */
import type { Pod, Service, ServicePort } from '../api/types/core-v1.ts';

export type PortChoice =
  | { kind: 'port'; port: ServicePort }
  | { kind: 'unknown' | 'ambiguous' | 'none'; ports: readonly ServicePort[] };

/**
 * `wanted` is a port's name or number. Without it: the only one; else the unnamed, `http`, `https`, 80; else it is
 * ambiguous. Only TCP ports count.
 */
export function choosePort(service: Service, wanted: string | undefined): PortChoice {
  const ports = (service.spec?.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  if (wanted !== undefined) {
    const port = ports.find(({ name }) => name === wanted) ?? ports.find((each) => String(each.port) === wanted);
    return port === undefined ? { kind: 'unknown', ports } : { kind: 'port', port };
  }
  if (ports.length === 0) return { kind: 'none', ports };
  const port =
    ports.length === 1
      ? ports[0]
      : (ports.find(({ name }) => name === undefined || name === '') ??
        ports.find(({ name }) => name === 'http') ??
        ports.find(({ name }) => name === 'https') ??
        ports.find((each) => each.port === 80));
  return port === undefined ? { kind: 'ambiguous', ports } : { kind: 'port', port };
}

/** True where the application expects TLS. `appProtocol` decides where it is given. */
export function speaksTls({ appProtocol, name, port }: ServicePort): boolean {
  if (appProtocol !== undefined) return /^(?:https|kubernetes\.io\/wss)$/i.test(appProtocol);
  return name === 'https' || name?.startsWith('https-') === true || port === 443;
}

/** The ports that a pod's containers declare, as if they were a Service's. */
export function podPorts(pod: Pod): ServicePort[] {
  const declared = (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
  return declared.map(({ name, containerPort, protocol }) => {
    return { port: containerPort, ...(name && { name }), ...(protocol && { protocol }) };
  });
}
