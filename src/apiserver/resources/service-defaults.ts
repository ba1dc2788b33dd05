/** Defaults of Services, and what an update keeps of what was allocated; after `pkg/registry/core/service`. */
import type { Service, ServiceSpec } from '../../api/types/core-v1.ts';

export function defaultService(object: Service): void {
  object.spec ??= {};
  const { spec } = object;
  if ((spec.sessionAffinity ?? '') === '') spec.sessionAffinity = 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig = {
      clientIP: { timeoutSeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800 },
    };
  }
  if ((spec.type ?? '') === '') spec.type = 'ClusterIP';
  for (const port of spec.ports ?? []) {
    if ((port.protocol ?? '') === '') port.protocol = 'TCP';
    if ((port.targetPort ?? '') === '' || port.targetPort === 0) port.targetPort = port.port;
  }
  if (isExternal(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of object.status?.loadBalancer?.ingress ?? [])
      if ((ingress.ip ?? '') !== '') ingress.ipMode ??= 'VIP';
  }
}

/** One field is the first of the other; clients of either see both. Not a default: nobody owns it who has not said it. */
export function mirrorAddress({ spec }: Service): void {
  if (spec !== undefined && spec.clusterIPs === undefined && (spec.clusterIP ?? '') !== '') {
    spec.clusterIPs = [spec.clusterIP ?? ''];
  }
}

function isExternal({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);
}

export function keepAllocations(next: Service, previous: Service): void {
  mirrorAddress(next);
  const { spec } = next;
  const before = previous.spec;
  if (spec === undefined || before === undefined) return;
  const hasAddress = (type: string | undefined) => type !== 'ExternalName';
  if (hasAddress(spec.type) && hasAddress(before.type)) keepAddress(spec, before);
  if (!hasAddress(spec.type) && hasAddress(before.type)) dropAddress(spec, before);
  if (hasNodePorts(spec) && hasNodePorts(before)) keepNodePorts(spec, before);
  if (!hasNodePorts(spec) && hasNodePorts(before)) dropNodePorts(spec, before);
  if (!needsHealthPort(spec) && spec.healthCheckNodePort === before.healthCheckNodePort)
    delete spec.healthCheckNodePort;
  else if (needsHealthPort(spec) && before.healthCheckNodePort !== undefined)
    spec.healthCheckNodePort ??= before.healthCheckNodePort;
  if (spec.type !== 'LoadBalancer' && before.type === 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts)
      delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === before.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (!isExternal(spec) && isExternal(before) && spec.externalTrafficPolicy === before.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
}

function keepAddress(spec: ServiceSpec, before: ServiceSpec): void {
  if ((spec.clusterIP ?? '') === '' && spec.clusterIPs === undefined) {
    if (before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
    if (before.clusterIPs !== undefined) spec.clusterIPs = [...before.clusterIPs];
  } else if (spec.clusterIP !== before.clusterIP && spec.clusterIPs?.[0] === before.clusterIP) {
    spec.clusterIPs = (spec.clusterIP ?? '') === '' ? [] : [spec.clusterIP ?? ''];
  }
  if (before.ipFamilies !== undefined) spec.ipFamilies ??= [...before.ipFamilies];
  if (before.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
}

/** What the client only sent back unchanged goes with the type that it belonged to. */
function dropAddress(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.clusterIP === before.clusterIP) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  if (spec.ipFamilyPolicy === before.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  if (JSON.stringify(spec.ipFamilies) === JSON.stringify(before.ipFamilies)) delete spec.ipFamilies;
  if (spec.internalTrafficPolicy === before.internalTrafficPolicy) delete spec.internalTrafficPolicy;
}

function hasNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const used = new Set((spec.ports ?? []).map(({ nodePort = 0 }) => nodePort));
  for (const port of spec.ports ?? []) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const old = before.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort ?? 0;
    if (old !== 0 && !used.has(old)) port.nodePort = old;
  }
}

function dropNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const old = new Set((before.ports ?? []).map(({ nodePort = 0 }) => nodePort));
  const ports = spec.ports ?? [];
  if (ports.every(({ nodePort = 0 }) => nodePort === 0 || old.has(nodePort)))
    for (const port of ports) delete port.nodePort;
}

function needsHealthPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}
