/** Whether there is such a thing, and what comes nearest if not. */
import { nearest } from '../../nearest.ts';
import { failed, note, type ObjectCheck, ok } from '../check.ts';
import type { Facts } from '../facts.ts';

export const nameCheck: ObjectCheck = {
  name: 'name',
  check(facts) {
    const { target, namespace, namespaceExists, service, workload, pods } = facts;
    const what = kindOf(facts);
    if (facts.isGuess)
      return service === undefined
        ? failed(
            `services may not be read in the namespace "${namespace}", and no pods are labelled "${target.name}"`,
            facts.kubectl('get pods --show-labels'),
          )
        : note(
            `services may not be read: the pods labelled "${target.name}" stand for it, with the ports that they declare`,
          );
    if (service !== undefined || workload !== undefined || (target.kind === 'pod' && pods.length > 0)) {
      const type = service?.spec?.type ?? '';
      const address = service?.spec?.clusterIP === undefined ? '' : ` ${service.spec.clusterIP}`;
      return ok(`${what} ${namespace}/${target.name}${type === '' ? ' exists' : `, ${type}${address}`}`);
    }
    const all = facts.names.map((name) => ({ namespace: name.split('/')[0] ?? '', name: name.split('/')[1] ?? '' }));
    if (namespaceExists === false) {
      const close = nearest(namespace, facts.namespaces);
      const hint = close === undefined ? '' : `; did you mean "${close}"?`;
      const fix =
        close === undefined
          ? facts.kubectl('get namespaces')
          : `fairlead why ${prefix(facts)}${target.name} -n ${close}`;
      return failed(`there is no namespace "${namespace}"${hint}`, fix);
    }
    const elsewhere = all.find(({ name }) => name === target.name);
    if (elsewhere !== undefined)
      return failed(
        `${what} "${target.name}" is not in the namespace "${namespace}" but in "${elsewhere.namespace}"`,
        `fairlead why ${prefix(facts)}${target.name} -n ${elsewhere.namespace}`,
      );
    const here = all.filter((each) => each.namespace === namespace).map(({ name }) => name);
    const close = nearest(target.name, here) ?? here.find((name) => name.startsWith(target.name));
    const says = `there is no ${what} "${target.name}" in the namespace "${namespace}"`;
    if (close !== undefined)
      return failed(`${says}; did you mean "${close}"?`, `fairlead why ${prefix(facts)}${close} -n ${namespace}`);
    const list =
      here.length === 0 ? 'there are none' : `there is ${here.slice(0, 8).join(', ')}${here.length > 8 ? ', ...' : ''}`;
    return failed(`${says}; ${list}`, facts.kubectl(`get ${what}s`));
  },
};

function kindOf({ target }: Facts): string {
  return target.kind === 'workload' ? target.type.slice(0, -1) : target.kind;
}

function prefix({ target }: Facts): string {
  if (target.kind === 'service') return '';
  return target.kind === 'workload' ? `${target.type.slice(0, -1)}/` : 'pod/';
}
