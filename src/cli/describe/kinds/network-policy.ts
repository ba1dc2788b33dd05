import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../../api/types/networking-v1.ts';
import type { Description } from '../description.ts';
import { describeAnnotations, describeLabels } from '../labels.ts';
import { shownSelector } from '../selectors.ts';
import { plainTime } from '../times.ts';

const everyPod = '<none> (Allowing the specific traffic to all pods in this namespace)';

/** One direction, its rules in one form. */
interface Traffic {
  name: 'ingress' | 'egress';
  /** Of a peer: `From`, `To`. */
  word: string;
  unrestricted: string;
  rules: readonly { ports: readonly NetworkPolicyPort[]; peers: readonly NetworkPolicyPeer[] }[];
}

export function describeNetworkPolicy({ metadata, spec = {} }: NetworkPolicy, out: Description): void {
  out.field(0, 'Name', metadata.name);
  out.field(0, 'Namespace', metadata.namespace);
  out.field(0, 'Created on', plainTime(metadata.creationTimestamp));
  describeLabels(out, metadata.labels);
  describeAnnotations(out, metadata.annotations);
  out.line(0, 'Spec:');
  const selector = shownSelector(spec.podSelector);
  out.line(1, `PodSelector:     ${selector === '<none>' ? everyPod : selector}`);
  const { policyTypes = [], ingress = [], egress = [] } = spec;
  describeTraffic(out, policyTypes.includes('Ingress'), {
    name: 'ingress',
    word: 'From',
    unrestricted: 'traffic not restricted by source',
    rules: ingress.map(({ ports = [], from = [] }) => ({ ports, peers: from })),
  });
  describeTraffic(out, policyTypes.includes('Egress'), {
    name: 'egress',
    word: 'To',
    unrestricted: 'traffic not restricted by destination',
    rules: egress.map(({ ports = [], to = [] }) => ({ ports, peers: to })),
  });
  out.line(1, `Policy Types: ${policyTypes.join(', ') || '<none>'}`);
}

function describeTraffic(out: Description, affected: boolean, { name, word, unrestricted, rules }: Traffic): void {
  if (!affected) {
    out.line(1, `Not affecting ${name} traffic`);
    return;
  }
  out.line(1, `Allowing ${name} traffic:`);
  if (rules.length === 0) out.line(2, `<none> (Selected pods are isolated for ${name} connectivity)`);
  rules.forEach(({ ports, peers }, index) => {
    if (ports.length === 0) out.line(2, 'To Port: <any> (traffic allowed to all ports)');
    for (const port of ports) out.line(2, portText(port));
    if (peers.length === 0) out.line(2, `${word}: <any> (${unrestricted})`);
    for (const peer of peers) {
      out.line(2, `${word}:`);
      describePeer(out, peer);
    }
    if (index < rules.length - 1) out.line(2, '----------');
  });
}

function portText({ port = '<nil>', endPort, protocol = 'TCP' }: NetworkPolicyPort): string {
  return endPort === undefined ? `To Port: ${port}/${protocol}` : `To Port Range: ${port}-${endPort}/${protocol}`;
}

function describePeer(out: Description, { namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer): void {
  if (namespaceSelector !== undefined) out.line(3, `NamespaceSelector: ${shownSelector(namespaceSelector)}`);
  if (podSelector !== undefined) out.line(3, `PodSelector: ${shownSelector(podSelector)}`);
  if (ipBlock === undefined || namespaceSelector !== undefined || podSelector !== undefined) return;
  out.line(3, 'IPBlock:');
  out.line(4, `CIDR: ${ipBlock.cidr}`);
  out.line(4, `Except: ${(ipBlock.except ?? []).join(', ')}`);
}
