import type { ClusterRoleBinding } from '../../api/types/rbac-v1.ts';
import { complainAboutPathSegment } from '../../api/validation/names.ts';
import { bindingColumns, defaultBinding, validateBinding, validateBindingUpdate } from './rbac-binding.ts';
import type { ResourceDefinition } from './resource.ts';

export const clusterRoleBinding: ResourceDefinition<ClusterRoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  createdByUpdate: true,
  validateName: complainAboutPathSegment,
  applyDefaults: defaultBinding,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns<ClusterRoleBinding>(),
};
