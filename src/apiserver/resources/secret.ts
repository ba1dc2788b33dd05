import type { FieldError } from '../../api/status.ts';
import type { Secret } from '../../api/types/core-v1.ts';
import {
  at,
  forbiddenField,
  immutable,
  invalidFor,
  invalidValue,
  required,
  tooLong,
} from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import { complainAboutConfigKey } from '../../api/validation/names.ts';
import type { ResourceDefinition } from './resource.ts';

const sizeLimit = 1024 * 1024;
const accountAnnotation = 'kubernetes.io/service-account.name';

export const secret: ResourceDefinition<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  applyDefaults(object) {
    if ((object.type ?? '') === '') object.type = 'Opaque';
    // A convenience for writing only: what is kept and read is `data`.
    for (const [key, value] of Object.entries(object.stringData ?? {})) {
      object.data = { ...object.data, [key]: Buffer.from(value).toString('base64') };
    }
    delete object.stringData;
  },
  validate(object) {
    const { data = {}, type = '', metadata } = object;
    const errors: FieldError[] = [];
    let size = 0;
    for (const [key, value] of Object.entries(data)) {
      errors.push(...invalidFor(at('data', key), key, complainAboutConfigKey(key)));
      size += Buffer.byteLength(value, 'base64');
    }
    if (size > sizeLimit) errors.push(tooLong('data', sizeLimit));
    if (type === 'kubernetes.io/service-account-token' && (metadata.annotations?.[accountAnnotation] ?? '') === '') {
      errors.push(required(at('metadata.annotations', accountAnnotation)));
    }
    return [...errors, ...validateType(type, data)];
  },
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    if (next.type !== previous.type) errors.push(immutable('type', next.type));
    if (previous.immutable !== true) return errors;
    const why = 'field is immutable when `immutable` is set';
    if (next.immutable !== true) errors.push(forbiddenField('immutable', why));
    if (!sameJson(next.data, previous.data)) errors.push(forbiddenField('data', why));
    return errors;
  },
  selectableFields: {
    type: ({ type }) => type ?? '',
  },
  columns: [
    { name: 'Type', type: 'string', description: 'What its keys mean.', value: ({ type }) => type ?? '' },
    {
      name: 'Data',
      type: 'string',
      description: 'How many keys it has.',
      value: ({ data }) => Object.keys(data ?? {}).length,
    },
  ],
};

/** Keys that a type cannot do without. */
function validateType(type: string, data: Record<string, string>): FieldError[] {
  const need = (key: string) => (data[key] === undefined ? [required(at('data', key))] : []);
  switch (type) {
    case 'kubernetes.io/dockercfg':
      return [...need('.dockercfg'), ...needJson(data, '.dockercfg')];
    case 'kubernetes.io/dockerconfigjson':
      return [...need('.dockerconfigjson'), ...needJson(data, '.dockerconfigjson')];
    case 'kubernetes.io/basic-auth':
      return data.username === undefined && data.password === undefined
        ? [required(at('data', 'username')), required(at('data', 'password'))]
        : [];
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [required(at('data', 'ssh-privatekey'))] : [];
    case 'kubernetes.io/tls':
      return [...need('tls.crt'), ...need('tls.key')];
    default:
      return [];
  }
}

function needJson(data: Record<string, string>, key: string): FieldError[] {
  const value = data[key];
  if (value === undefined) return [];
  try {
    JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    return [];
  } catch {
    return [invalidValue(at('data', key), '<secret contents redacted>', 'must be valid JSON')];
  }
}
