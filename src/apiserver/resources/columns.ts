/** Columns that several kinds share. */
import type { KubeObject } from '../../api/object.ts';
import type { Container } from '../../api/types/core-v1.ts';
import { ageOf } from '../table/human-duration.ts';
import type { TableColumn } from './resource.ts';

export const nameColumn: TableColumn<KubeObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name, unique within its namespace.',
  value: (object) => object.metadata.name ?? '',
};

/** For kinds where Age does not stand at its usual place, after the last column that always shows. */
export const ageColumn: TableColumn<KubeObject> = {
  name: 'Age',
  type: 'string',
  description: 'The time since the object was created.',
  value: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

export const createdAtColumn: TableColumn<KubeObject> = {
  name: 'Created At',
  type: 'date',
  description: 'When the object was created.',
  value: (object) => object.metadata.creationTimestamp ?? '',
};

/** Wide columns of kinds that make pods from a template. */
export function templateColumns<T extends KubeObject>(
  containers: (object: T) => readonly Container[],
  selector: (object: T) => string,
): TableColumn<T>[] {
  return [
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      description: 'Names of the containers in the template.',
      value: (object) =>
        containers(object)
          .map(({ name }) => name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      description: 'Images of the containers in the template.',
      value: (object) =>
        containers(object)
          .map(({ image = '' }) => image)
          .join(','),
    },
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      description: 'The labels that its pods must have.',
      value: selector,
    },
  ];
}

/** At most three, and how many more there are. */
export function firstThree(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const shown = values.slice(0, 3).join(',');
  return values.length > 3 ? `${shown} + ${values.length - 3} more...` : shown;
}
