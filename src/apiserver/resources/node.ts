import type { Node } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const node: ResourceDefinition<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  statusSubresource: true,
};
