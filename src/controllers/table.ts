/** The controllers of a cluster, each a file and a row here. */
import type { Controller } from './controller.ts';
import { deploymentController } from './deployment/deployment.ts';
import { endpointSliceController } from './endpoints/endpoint-slice.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import { namespaceController } from './namespace.ts';
import { replicaSetController } from './replica-set/replica-set.ts';
import { serviceAccountController } from './service-account.ts';

export const controllerTable: readonly Controller[] = [
  serviceAccountController,
  namespaceController,
  deploymentController,
  replicaSetController,
  endpointSliceController,
  endpointsController,
];
