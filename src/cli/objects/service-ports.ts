/** Services made from flags. */
import type { UnstructuredObject } from '../../api/object.ts';
import { UsageError } from '../command.ts';
import type { FlagTable } from '../flags.ts';
import { portNumber } from '../port-number.ts';

export const tcpFlag = {
  tcp: {
    type: 'list',
    commas: true,
    value: 'PORT[:TARGET]',
    description: "the service's port and, where it is another, the pods' port by number or name",
  },
} as const satisfies FlagTable;

interface Port {
  name: string;
  port: number;
  protocol: 'TCP';
  targetPort: number | string;
}

/** kubectl's names: `80`, `80-8080`. Throws UsageError. */
export function parsePorts(tcp: readonly string[]): Port[] {
  return tcp.map((text) => {
    const [portText = '', targetText, ...more] = text.split(':');
    const port = portNumber(portText);
    if (port === undefined || targetText === '' || more.length > 0) {
      throw new UsageError(`invalid --tcp "${text}": PORT or PORT:TARGET is needed, such as 80:8080`);
    }
    if (targetText === undefined) return { name: portText, port, protocol: 'TCP', targetPort: port };
    return { name: text.replace(':', '-'), port, protocol: 'TCP', targetPort: portNumber(targetText) ?? targetText };
  });
}

/** `create service` selects by the label that `create deployment` sets. */
export function serviceObject(
  name: string,
  spec: { ports: readonly object[]; [field: string]: unknown },
): UnstructuredObject {
  const { ports, ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { ...rest, ...(ports.length > 0 && { ports }), selector: { app: name } },
    status: { loadBalancer: {} },
  };
}
