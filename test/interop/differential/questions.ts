/** What is asked of both servers, in this order; they have a namespace `diff` with a service account `default`. */
import { access } from './questions/access.ts';
import { applies } from './questions/applies.ts';
import { changes } from './questions/changes.ts';
import { creation } from './questions/creation.ts';
import { deletion } from './questions/deletion.ts';
import { discovery } from './questions/discovery.ts';
import { impersonation } from './questions/impersonation.ts';
import { kinds } from './questions/kinds.ts';
import { moreKinds } from './questions/more-kinds.ts';
import { podActions } from './questions/pod-actions.ts';
import { reading } from './questions/reading.ts';
import { routing } from './questions/routing.ts';
import { tables } from './questions/tables.ts';
import type { Question } from './request.ts';

export const questions: readonly Question[] = [
  ...creation,
  ...kinds,
  ...changes,
  ...applies,
  ...moreKinds,
  ...access,
  ...podActions,
  ...reading,
  ...tables,
  ...deletion,
  ...routing,
  ...impersonation,
  ...discovery,
];
