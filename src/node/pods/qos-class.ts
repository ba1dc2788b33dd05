/** Quality of service from requests and limits, after `pkg/apis/core/v1/helper/qos`. */
import type { Pod } from '../../api/types/core-v1.ts';

export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  let isAnySet = false;
  let isEachLimited = true;
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name];
      if (isSet(limit) || isSet(request)) isAnySet = true;
      if (!isSet(limit) || (isSet(request) && request !== limit)) isEachLimited = false;
    }
  }
  if (!isAnySet) return 'BestEffort';
  return isEachLimited ? 'Guaranteed' : 'Burstable';
}

function isSet(quantity: string | undefined): boolean {
  return quantity !== undefined && !/^0+[a-zA-Z]*$/.test(quantity);
}
