import type { FieldError } from '../../api/status.ts';
import type { ConfigMap } from '../../api/types/core-v1.ts';
import { at, forbiddenField, invalidFor, invalidValue, tooLong } from '../../api/validation/field-errors.ts';
import { sameJson } from '../../api/validation/metadata.ts';
import { complainAboutConfigKey } from '../../api/validation/names.ts';
import type { ResourceDefinition } from './resource.ts';

const sizeLimit = 1024 * 1024;

export const configMap: ResourceDefinition<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
  validate({ data = {}, binaryData = {} }) {
    const errors: FieldError[] = [];
    for (const key of Object.keys(data)) {
      errors.push(...invalidFor(at('data', key), key, complainAboutConfigKey(key)));
      if (Object.hasOwn(binaryData, key))
        errors.push(invalidValue(at('data', key), key, 'duplicate of key present in binaryData'));
    }
    for (const key of Object.keys(binaryData))
      errors.push(...invalidFor(at('binaryData', key), key, complainAboutConfigKey(key)));
    const text = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    const binary = Object.values(binaryData).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
    if (text + binary > sizeLimit) errors.push(tooLong('', sizeLimit));
    return errors;
  },
  validateUpdate(next, previous) {
    if (previous.immutable !== true) return [];
    const why = 'field is immutable when `immutable` is set';
    const errors: FieldError[] = [];
    if (next.immutable !== true) errors.push(forbiddenField('immutable', why));
    if (!sameJson(next.data, previous.data)) errors.push(forbiddenField('data', why));
    if (!sameJson(next.binaryData, previous.binaryData)) errors.push(forbiddenField('binaryData', why));
    return errors;
  },
  columns: [
    {
      name: 'Data',
      type: 'string',
      description: 'How many keys it has.',
      value: ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
    },
  ],
};
