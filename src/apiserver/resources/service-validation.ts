/** What a Service must satisfy, after `ValidateService` of `pkg/apis/core/validation`. */
import { isIP } from 'node:net';
import type { FieldError } from '../../api/status.ts';
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core-v1.ts';
import {
  at,
  duplicate,
  forbiddenField,
  invalidFor,
  invalidValue,
  notSupported,
  required,
} from '../../api/validation/field-errors.ts';
import { validateLabels } from '../../api/validation/metadata.ts';
import {
  complainAboutDnsLabel,
  complainAboutDnsSubdomain,
  complainAboutPort,
  complainAboutPortNumberOrName,
} from '../../api/validation/names.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const policies = ['Cluster', 'Local'];
const notAnAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const affinityLimit = 86400;

export function validateService({ spec = {} }: Service): FieldError[] {
  const { type = '', ports = [], sessionAffinity = '', clusterIP = '', externalName = '' } = spec;
  const errors: FieldError[] = [];
  if (ports.length === 0 && clusterIP !== 'None' && type !== 'ExternalName') errors.push(required('spec.ports'));
  if (type === 'LoadBalancer' && clusterIP === 'None') {
    errors.push(invalidValue('spec.clusterIPs[0]', clusterIP, "may not be set to 'None' for LoadBalancer services"));
  }
  if (type === 'NodePort' && clusterIP === 'None') {
    errors.push(invalidValue('spec.clusterIPs[0]', clusterIP, "may not be set to 'None' for NodePort services"));
  }
  if (type === 'ExternalName') {
    if (clusterIP !== '') errors.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'));
    const name = externalName.endsWith('.') ? externalName.slice(0, -1) : externalName;
    if (externalName === '') errors.push(required('spec.externalName'));
    else errors.push(...invalidFor('spec.externalName', externalName, complainAboutDnsSubdomain(name)));
  }
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    errors.push(...validatePort(port, at('spec.ports', index), ports.length > 1, names));
  }
  errors.push(...validateLabels(spec.selector, 'spec.selector'));
  if (sessionAffinity === '') errors.push(required('spec.sessionAffinity'));
  else if (sessionAffinity !== 'ClientIP' && sessionAffinity !== 'None') {
    errors.push(notSupported('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']));
  }
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity === 'ClientIP' && timeout !== undefined && (timeout <= 0 || timeout > affinityLimit)) {
    const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    errors.push(invalidValue(field, timeout, `must be greater than 0 and less than ${affinityLimit}`));
  }
  errors.push(...validateAddresses(spec));
  if (type === '') errors.push(required('spec.type'));
  else if (!types.includes(type)) errors.push(notSupported('spec.type', type, types));
  errors.push(...validateNodePorts(spec), ...validateTraffic(spec));
  return errors;
}

function validatePort(port: ServicePort, field: string, nameNeeded: boolean, names: Set<string>): FieldError[] {
  const { name = '', protocol = '', port: number, targetPort = number } = port;
  const errors: FieldError[] = [];
  if (name === '') {
    if (nameNeeded) errors.push(required(`${field}.name`));
  } else {
    errors.push(...invalidFor(`${field}.name`, name, complainAboutDnsLabel(name)));
    if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
  }
  errors.push(...invalidFor(`${field}.port`, number, complainAboutPort(number)));
  if (protocol === '') errors.push(required(`${field}.protocol`));
  else if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
  }
  errors.push(...invalidFor(`${field}.targetPort`, targetPort, complainAboutPortNumberOrName(targetPort)));
  return errors;
}

function validateAddresses({
  type,
  clusterIP = '',
  clusterIPs = [],
  externalIPs = [],
  loadBalancerClass,
}: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (clusterIPs.length > 0 && clusterIP !== clusterIPs[0]) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  }
  if (clusterIPs.length === 0 && clusterIP !== '' && type !== 'ExternalName') errors.push(required('spec.clusterIPs'));
  for (const [index, address] of clusterIPs.entries()) {
    if (address === 'None' && clusterIPs.length === 1) continue;
    if (isIP(address) === 0) errors.push(invalidValue(at('spec.clusterIPs', index), address, notAnAddress));
  }
  if (clusterIPs.length > 2) errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'));
  for (const [index, address] of externalIPs.entries()) {
    const field = at('spec.externalIPs', index);
    if (isIP(address) === 0) errors.push(invalidValue(field, address, notAnAddress));
    else if (/^(127\.|::1$)/.test(address)) {
      errors.push(invalidValue(field, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
    } else if (/^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address)) {
      errors.push(invalidValue(field, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
    }
  }
  if (loadBalancerClass !== undefined && type !== 'LoadBalancer') {
    errors.push(forbiddenField('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  }
  return errors;
}

function validateNodePorts({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const pairs = new Set<string>();
  for (const [index, { port, protocol = '', nodePort = 0 }] of ports.entries()) {
    const field = at('spec.ports', index);
    if (type === 'ClusterIP' && nodePort !== 0) {
      errors.push(forbiddenField(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
    if (nodePort !== 0) {
      const key = `${nodePort}/${protocol}`;
      if (nodePorts.has(key)) errors.push(duplicate(`${field}.nodePort`, nodePort));
      nodePorts.add(key);
    }
    const pair = `${port}/${protocol}`;
    if (pairs.has(pair)) errors.push(duplicate(field, { protocol, port }));
    pairs.add(pair);
  }
  return errors;
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const { type, externalTrafficPolicy = '', internalTrafficPolicy, externalIPs = [], healthCheckNodePort = 0 } = spec;
  const errors: FieldError[] = [];
  const external = type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
  const field = 'spec.externalTrafficPolicy';
  if (!external && externalTrafficPolicy !== '') {
    errors.push(invalidValue(field, externalTrafficPolicy, 'may only be set for externally-accessible services'));
  } else if (external && externalTrafficPolicy === '') errors.push(required(field));
  else if (external && !policies.includes(externalTrafficPolicy)) {
    errors.push(notSupported(field, externalTrafficPolicy, policies));
  }
  if (healthCheckNodePort !== 0 && !(type === 'LoadBalancer' && externalTrafficPolicy === 'Local')) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue('spec.healthCheckNodePort', healthCheckNodePort, why));
  }
  if (type !== 'ExternalName' && internalTrafficPolicy === undefined)
    errors.push(required('spec.internalTrafficPolicy'));
  if (internalTrafficPolicy !== undefined && !policies.includes(internalTrafficPolicy)) {
    errors.push(notSupported('spec.internalTrafficPolicy', internalTrafficPolicy, policies));
  }
  return errors;
}

export function validateServiceUpdate({ spec: next = {} }: Service, { spec: before = {} }: Service): FieldError[] {
  const errors: FieldError[] = [];
  const [address = ''] = next.clusterIPs ?? [];
  const [old = ''] = before.clusterIPs ?? [];
  if (next.type !== 'ExternalName' && before.type !== 'ExternalName' && old !== '' && address !== old) {
    errors.push(invalidValue('spec.clusterIPs[0]', next.clusterIPs ?? [], 'may not change once set'));
  }
  const both = next.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (both && next.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue('spec.loadBalancerClass', next.loadBalancerClass, 'may not change once set'));
  }
  return errors;
}
