/** The columns of a kind's tables: Name and Age, and between them what its definition gives. */
import type { KubeObject } from '../../api/object.ts';
import type { ResourceDefinition, TableColumn } from '../resources/resource.ts';
import { ageOf } from './human-duration.ts';

const NAME: TableColumn<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name, unique within its namespace.',
  value: (object) => object.metadata.name ?? '',
};

const AGE: TableColumn<KubeObject> = {
  name: 'Age',
  type: 'string',
  description: 'The time since the object was created.',
  value: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

const remembered = new WeakMap<ResourceDefinition, readonly TableColumn<KubeObject>[]>();

/** A kind that lists a `Name` of its own gives all its columns itself; Age stands before the wide ones otherwise. */
export function columnsOf(definition: ResourceDefinition): readonly TableColumn<KubeObject>[] {
  let columns = remembered.get(definition);
  if (columns === undefined) {
    const own = definition.columns ?? [];
    const named = own.some((column) => column.name === 'Name');
    const aged = named || own.some((column) => column.name === 'Age');
    const firstWide = own.findIndex((column) => column.priority === 1);
    const split = firstWide < 0 ? own.length : firstWide;
    columns = [...(named ? [] : [NAME]), ...own.slice(0, split), ...(aged ? [] : [AGE]), ...own.slice(split)];
    remembered.set(definition, columns);
  }
  return columns;
}
