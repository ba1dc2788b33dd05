/** The checks of objects, in the order in which a connection meets what they look at. */
import type { LiveCheck, ObjectCheck } from './check.ts';
import { connectionCheck } from './checks/connection.ts';
import { endpointsCheck } from './checks/endpoints.ts';
import { httpCheck } from './checks/http.ts';
import { nameCheck } from './checks/name.ts';
import { networkPolicyCheck } from './checks/network-policy.ts';
import { podsCheck } from './checks/pods.ts';
import { portCheck } from './checks/port.ts';
import { selectorCheck } from './checks/selector.ts';
import { targetPortCheck } from './checks/target-port.ts';
import { typeCheck } from './checks/type.ts';

/** They look at what was read. */
export const objectChecks: readonly ObjectCheck[] = [
  nameCheck,
  typeCheck,
  portCheck,
  selectorCheck,
  targetPortCheck,
  podsCheck,
  endpointsCheck,
  networkPolicyCheck,
];

/** They look at what answers. */
export const liveChecks: readonly LiveCheck[] = [connectionCheck, httpCheck];
