import type { StorageClass } from '../../../api/types/storage-v1.ts';
import type { Description } from '../description.ts';
import { labelLine } from '../labels.ts';
import { trueOrFalse } from '../values.ts';

const defaultMarks = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export function describeStorageClass(storageClass: StorageClass, out: Description): void {
  const { metadata, provisioner, parameters, mountOptions = [], allowedTopologies } = storageClass;
  out.field(0, 'Name', metadata.name);
  const isDefault = defaultMarks.some((mark) => metadata.annotations?.[mark] === 'true');
  out.field(0, 'IsDefaultClass', isDefault ? 'Yes' : 'No');
  out.field(0, 'Annotations', labelLine(metadata.annotations));
  out.field(0, 'Provisioner', provisioner);
  out.field(0, 'Parameters', labelLine(parameters));
  out.field(0, 'AllowVolumeExpansion', trueOrFalse(storageClass.allowVolumeExpansion));
  out.line(0, 'MountOptions:', ...(mountOptions.length === 0 ? ['<none>'] : []));
  for (const option of mountOptions) out.line(1, option);
  out.optional(0, 'ReclaimPolicy', storageClass.reclaimPolicy);
  out.optional(0, 'VolumeBindingMode', storageClass.volumeBindingMode);
  if (allowedTopologies === undefined) return;
  out.field(0, 'AllowedTopologies', allowedTopologies.length === 0 ? '<none>' : '');
  allowedTopologies.forEach(({ matchLabelExpressions = [] }, index) => {
    const texts = matchLabelExpressions.map(({ key, values }) => `${key} in [${values.join(', ')}]`);
    out.field(1, `Term ${index}`, texts[0] ?? '<none>');
    for (const text of texts.slice(1)) out.line(1, '', text);
  });
}
