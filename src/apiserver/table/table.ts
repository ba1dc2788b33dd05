/** `Table` and `PartialObjectMetadata`: the forms of objects that clients ask for by `as=` in Accept. */
import type { KubeObject, ListMeta } from '../../api/object.ts';
import type { ResourceDefinition } from '../resources/resource.ts';
import { columnsOf } from './columns.ts';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface PartialObjectMetadata extends KubeObject {
  kind: 'PartialObjectMetadata';
  apiVersion: 'meta.k8s.io/v1';
}

export function metadataOf(object: KubeObject): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

interface TableOptions {
  definition: ResourceDefinition;
  objects: readonly KubeObject[];
  includeObject: IncludeObject;
  metadata: ListMeta;
  now: Date;
  /** False in a watch after its first event: clients know the columns then. */
  withColumns?: boolean;
}

export function tableOf({
  definition,
  objects,
  includeObject,
  metadata,
  now,
  withColumns = true,
}: TableOptions): object {
  const columns = columnsOf(definition);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns
      ? columns.map(({ name, type, format, description, priority }) => ({
          name,
          type,
          format: format ?? '',
          description,
          priority: priority ?? 0,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, now)),
      object: rowObject(object, includeObject),
    })),
  };
}

function rowObject(object: KubeObject, include: IncludeObject): object | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : metadataOf(object);
}
