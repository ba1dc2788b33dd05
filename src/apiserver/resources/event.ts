import type { Event } from '../../api/types/core-v1.ts';
import type { ResourceDefinition } from './resource.ts';

export const event: ResourceDefinition<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
};
