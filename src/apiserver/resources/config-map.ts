import type { ConfigMap } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const configMap: ResourceDefinition<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  namespaced: true,
};
