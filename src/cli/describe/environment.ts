/** The environment of a container. Values from secrets are named, never shown. */
import { parseQuantity } from '../../api/quantity/quantity.ts';
import type {
  Container,
  EnvVar,
  ObjectFieldSelector,
  ResourceFieldSelector,
  ResourceRequirements,
} from '../../api/types/core-v1.ts';
import type { Description } from './description.ts';
import { flagText } from './values.ts';

export type FieldValue = (field: ObjectFieldSelector) => string;

export function describeEnvironment(out: Description, container: Container, fieldValue?: FieldValue): void {
  const { env = [], envFrom = [] } = container;
  if (envFrom.length > 0) out.line(2, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix = '' } of envFrom) {
    const from = configMapRef !== undefined ? 'ConfigMap' : secretRef !== undefined ? 'Secret' : '';
    const source = configMapRef ?? secretRef;
    const kind = prefix === '' ? from : `${from} with prefix '${prefix}'`;
    out.line(3, source?.name ?? '', kind, `Optional: ${flagText(source?.optional)}`);
  }
  out.line(2, 'Environment:', ...(env.length === 0 ? ['<none>'] : []));
  for (const variable of env) describeVariable(out, variable, { resources: container.resources, fieldValue });
}

function describeVariable(
  out: Description,
  { name, value = '', valueFrom }: EnvVar,
  { resources, fieldValue }: { resources: ResourceRequirements | undefined; fieldValue: FieldValue | undefined },
): void {
  if (valueFrom === undefined) {
    const [first = '', ...more] = value.split('\n');
    out.field(3, name, first);
    for (const line of more) out.line(3, '', line);
    return;
  }
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) {
    out.field(3, name, `${fieldValue?.(fieldRef) ?? ''} (${fieldRef.apiVersion ?? ''}:${fieldRef.fieldPath})`);
  } else if (resourceFieldRef !== undefined) {
    const { resource } = resourceFieldRef;
    const amount = resourceValue(resourceFieldRef, resources);
    const ofNode = amount === '0' && (resource === 'limits.cpu' || resource === 'limits.memory');
    out.field(3, name, `${ofNode ? 'node allocatable' : amount} (${resource})`);
  } else if (secretKeyRef !== undefined) {
    const { key, name: secret = '', optional } = secretKeyRef;
    out.line(3, `${name}:`, `<set to the key '${key}' in secret '${secret}'>`, `Optional: ${flagText(optional)}`);
  } else if (configMapKeyRef !== undefined) {
    const { key, name: map = '', optional } = configMapKeyRef;
    out.line(3, `${name}:`, `<set to the key '${key}' of config map '${map}'>`, `Optional: ${flagText(optional)}`);
  }
}

/** In units of the divisor, rounded up; empty for a resource that containers have not. */
function resourceValue({ resource, divisor }: ResourceFieldSelector, resources: ResourceRequirements = {}): string {
  const match = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource);
  const name = match?.[2];
  if (name === undefined) return '';
  const amounts = match?.[1] === 'limits' ? resources.limits : resources.requests;
  const unit = parseQuantity(divisor ?? '1')?.toNumber() || 1;
  const amount = parseQuantity(amounts?.[name] ?? '0')?.toNumber() ?? 0;
  // What binary fractions add is below a millionth.
  return String(Math.ceil(Number((amount / unit).toFixed(6))));
}
