import type { FieldError } from '../../api/status.ts';
import type { Event } from '../../api/types/core-v1.ts';
import { invalidValue } from '../../api/validation/field-errors.ts';
import { complainAboutPathSegment } from '../../api/validation/names.ts';
import { ageOf } from '../table/human-duration.ts';
import { nameColumn } from './columns.ts';
import type { ResourceDefinition } from './resource.ts';

const or = (first: string | undefined, second: string | undefined) =>
  first === undefined || first === '' ? (second ?? '') : first;

function firstSeen({ firstTimestamp, eventTime }: Event, now: Date): string {
  return ageOf(or(firstTimestamp, eventTime), now);
}

export const event: ResourceDefinition<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  createdByUpdate: true,
  // Made of the name of what they tell of, which may be a role's, and longer than others may be.
  validateName: complainAboutPathSegment,
  validate({ metadata, involvedObject }) {
    const errors: FieldError[] = [];
    const about = involvedObject.namespace ?? '';
    const { namespace = '' } = metadata;
    // What belongs to no namespace is told of in `default`.
    const right = about === '' ? namespace === 'default' || namespace === 'kube-system' : about === namespace;
    if (!right) errors.push(invalidValue('involvedObject.namespace', about, 'does not match event.namespace'));
    return errors;
  },
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => or(source?.component, reportingComponent),
    type: ({ type }) => type ?? '',
  },
  columns: [
    {
      name: 'Last Seen',
      type: 'string',
      description: 'How long ago it happened last.',
      value: (object, now) => {
        if (object.series !== undefined) return ageOf(object.series.lastObservedTime, now);
        return (object.lastTimestamp ?? '') === '' ? firstSeen(object, now) : ageOf(object.lastTimestamp, now);
      },
    },
    { name: 'Type', type: 'string', description: 'Normal or Warning.', value: ({ type }) => type ?? '' },
    { name: 'Reason', type: 'string', description: 'What happened, in a word.', value: ({ reason }) => reason ?? '' },
    {
      name: 'Object',
      type: 'string',
      description: 'What it happened to.',
      value: ({ involvedObject: { kind = '', name = '' } }) =>
        name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`,
    },
    {
      name: 'Subobject',
      type: 'string',
      priority: 1,
      description: 'The part of it that it happened to.',
      value: ({ involvedObject }) => involvedObject.fieldPath ?? '',
    },
    {
      name: 'Source',
      type: 'string',
      priority: 1,
      description: 'Who told of it.',
      value: ({ source, reportingComponent, reportingInstance }) => {
        const component = or(source?.component, reportingComponent);
        const host = or(source?.host, reportingInstance);
        return host === '' ? component : `${component}, ${host}`;
      },
    },
    {
      name: 'Message',
      type: 'string',
      description: 'What happened, in words.',
      value: ({ message }) => (message ?? '').trim(),
    },
    {
      name: 'First Seen',
      type: 'string',
      priority: 1,
      description: 'How long ago it happened first.',
      value: firstSeen,
    },
    {
      name: 'Count',
      type: 'string',
      priority: 1,
      description: 'How often it happened.',
      value: ({ series, count }) => series?.count ?? (count || 1),
    },
    { ...nameColumn, priority: 1 },
  ],
};
