/** Whether the service has the port that was meant, and one that can be led on. */
import type { ServicePort } from '../../../api/types/core-v1.ts';
import { choosePort } from '../../../gateway/service-ports.ts';
import { failed, type ObjectCheck, ok } from '../check.ts';

export const portCheck: ObjectCheck = {
  name: 'port',
  check({ service, target, port, namespace, kubectl }) {
    if (service === undefined) return undefined;
    const ports = service.spec?.ports ?? [];
    const wanted = target.port;
    if (port !== undefined) return ok(`${portText(port)} leads to the pods' port ${port.targetPort ?? port.port}`);
    const list = ports.map(portText).join(', ');
    const other = ports.find(
      ({ name, port: number, protocol = 'TCP' }) =>
        protocol !== 'TCP' && (wanted === undefined || wanted === name || wanted === String(number)),
    );
    if (other !== undefined && choosePort(service, wanted).kind !== 'ambiguous')
      return failed(
        `its port ${portText(other)} cannot pass: the ways into a cluster carry TCP only; reach it from a pod`,
        kubectl('get pods'),
      );
    if (wanted === undefined && ports.length > 1)
      return failed(
        `it has several ports and you named none: ${list}`,
        `fairlead why ${target.name}.${namespace}:${ports[0]?.name ?? ports[0]?.port}`,
      );
    if (ports.length === 0) return failed('it has no port', kubectl(`edit service ${target.name}`));
    const fix = `fairlead why ${target.name}.${namespace}:${ports[0]?.name || ports[0]?.port}`;
    const targetOf = ports.find(({ targetPort }) => String(targetPort) === wanted);
    const hint = targetOf === undefined ? '' : `; "${wanted}" is the pods' port of ${portText(targetOf)}`;
    return failed(`it has no port "${wanted}"${hint}; there is ${list}`, fix);
  },
};

function portText({ name, port, protocol = 'TCP' }: ServicePort): string {
  return `${port}/${protocol}${name ? ` (${name})` : ''}`;
}
