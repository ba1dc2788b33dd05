/** The variables by which pods find services, after `pkg/kubelet/envvars`. */
import type { Service } from '../../api/types/core-v1.ts';

/** Variables of services that have a cluster address. */
export function serviceVariables(services: readonly Service[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const address = spec?.clusterIP;
    const ports = spec?.ports ?? [];
    const [first] = ports;
    if (address === undefined || address === '' || address === 'None' || first === undefined) continue;
    const prefix = (metadata.name ?? '').replaceAll('-', '_').toUpperCase();
    const host = address.includes(':') ? `[${address}]` : address;
    variables[`${prefix}_SERVICE_HOST`] = address;
    variables[`${prefix}_SERVICE_PORT`] = String(first.port);
    variables[`${prefix}_PORT`] = `${(first.protocol ?? 'TCP').toLowerCase()}://${host}:${first.port}`;
    for (const { name, port, protocol = 'TCP' } of ports) {
      if (name !== undefined && name !== '') {
        variables[`${prefix}_SERVICE_PORT_${name.replaceAll('-', '_').toUpperCase()}`] = String(port);
      }
      const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      variables[link] = `${protocol.toLowerCase()}://${host}:${port}`;
      variables[`${link}_PROTO`] = protocol.toLowerCase();
      variables[`${link}_PORT`] = String(port);
      variables[`${link}_ADDR`] = address;
    }
  }
  return variables;
}

/** Where pods reach the API server: its real address, since cluster addresses lead nowhere in loopback mode. */
export function apiServerVariables(apiServerUrl: string): Record<string, string> {
  const { hostname, port } = new URL(apiServerUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = port === '' ? '443' : port;
  const link = `KUBERNETES_PORT_${number}_TCP`;
  const url = `tcp://${hostname}:${number}`;
  return {
    KUBERNETES_SERVICE_HOST: host,
    KUBERNETES_SERVICE_PORT: number,
    KUBERNETES_SERVICE_PORT_HTTPS: number,
    KUBERNETES_PORT: url,
    [link]: url,
    [`${link}_PROTO`]: 'tcp',
    [`${link}_PORT`]: number,
    [`${link}_ADDR`]: host,
  };
}
