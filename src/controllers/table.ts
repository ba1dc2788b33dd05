/** The controllers of a cluster, each a file and a row here. The garbage collector shares the caches of those before it. */
import type { Controller } from './controller.ts';
import { deploymentController } from './deployment/deployment.ts';
import { endpointSliceController } from './endpoints/endpoint-slice.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import { endpointSliceMirroringController } from './endpoints/mirror.ts';
import { eventExpiryController } from './event-expiry.ts';
import { garbageCollectorController } from './garbage-collector/garbage-collector.ts';
import { namespaceController } from './namespace.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podGcController } from './pod-gc.ts';
import { replicaSetController } from './replica-set/replica-set.ts';
import { schedulerController } from './scheduler/scheduler.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceAccountTokenController } from './service-account-token.ts';

export const controllerTable: readonly Controller[] = [
  serviceAccountController,
  serviceAccountTokenController,
  schedulerController,
  nodeLifecycleController,
  deploymentController,
  replicaSetController,
  endpointSliceController,
  endpointsController,
  endpointSliceMirroringController,
  namespaceController,
  podGcController,
  eventExpiryController,
  garbageCollectorController,
];
