/** The controllers of a cluster, each a file and a row here. */
import type { Controller } from './controller.ts';
import { deploymentController } from './deployment/deployment.ts';
import { replicaSetController } from './replica-set/replica-set.ts';

export const controllerTable: readonly Controller[] = [deploymentController, replicaSetController];
