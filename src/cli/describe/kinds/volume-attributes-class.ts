import type { VolumeAttributesClass } from '../../../api/types/storage-v1.ts';
import type { Description } from '../description.ts';
import { labelLine } from '../labels.ts';

export function describeVolumeAttributesClass(object: VolumeAttributesClass, out: Description): void {
  out.field(0, 'Name', object.metadata.name);
  out.field(0, 'Annotations', labelLine(object.metadata.annotations));
  out.field(0, 'DriverName', object.driverName);
  out.field(0, 'Parameters', labelLine(object.parameters));
}
