/** Policies that could keep connections away. What enforces them is the cluster's network, which nobody can ask. */
import { labelSelectorOf, matchesLabels } from '../../../api/selectors/label-selector.ts';
import { note, type ObjectCheck, ok } from '../check.ts';

export const networkPolicyCheck: ObjectCheck = {
  name: 'network policy',
  check({ policies, pods, kubectl }) {
    if (policies.length === 0 || pods.length === 0) return undefined;
    const about = policies.filter(
      ({ spec }) =>
        (spec?.policyTypes ?? ['Ingress']).includes('Ingress') &&
        pods.some(({ metadata }) => matchesLabels(labelSelectorOf(spec?.podSelector ?? {}) ?? [], metadata.labels)),
    );
    if (about.length === 0) return ok('none is about these pods');
    const names = about.map(({ metadata }) => metadata.name).join(', ');
    return note(
      `${names} limits who may connect to these pods: other pods may be kept away; a port-forward mostly is not`,
      kubectl(`describe networkpolicy ${about[0]?.metadata.name}`),
    );
  },
};
