import type { RoleBinding } from '../../api/types/rbac-v1.ts';
import { complainAboutPathSegment } from '../../api/validation/names.ts';
import { bindingColumns, defaultBinding, validateBinding, validateBindingUpdate } from './rbac-binding.ts';
import type { ResourceDefinition } from './resource.ts';

export const roleBinding: ResourceDefinition<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  createdByUpdate: true,
  validateName: complainAboutPathSegment,
  applyDefaults: defaultBinding,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  columns: bindingColumns<RoleBinding>(),
};
