/** Whether the pods have the port to which the service leads. */
import { podPorts } from '../../../gateway/service-ports.ts';
import { failed, note, type ObjectCheck, ok } from '../check.ts';

export const targetPortCheck: ObjectCheck = {
  name: 'target port',
  check({ service, port, pods, kubectl, target }) {
    if (service === undefined || port === undefined || pods.length === 0) return undefined;
    const wanted = port.targetPort ?? port.port;
    const declared = [
      ...new Set(
        pods.flatMap((pod) =>
          podPorts(pod).map(({ name, port: number }) => (name ? `${number} (${name})` : String(number))),
        ),
      ),
    ];
    const list = declared.length === 0 ? 'they declare no ports' : `they declare ${declared.join(', ')}`;
    if (typeof wanted === 'number') {
      const isDeclared = pods.some((pod) => podPorts(pod).some(({ port: number }) => number === wanted));
      if (isDeclared) return ok(`the pods declare ${wanted}`);
      // A port need not be declared to be listened on.
      return note(`the pods do not declare ${wanted}: ${list}`);
    }
    const without = pods.filter((pod) => !podPorts(pod).some(({ name }) => name === wanted));
    if (without.length === 0) return ok(`the pods declare "${wanted}"`);
    const says = `the service leads to the pods' port "${wanted}", which ${without.length === pods.length ? 'no pod declares' : `${without[0]?.metadata.name} does not declare`}: ${list}`;
    const fix = kubectl(`edit service ${target.name}`);
    return without.length === pods.length ? failed(says, fix) : note(says, fix);
  },
};
