import { parseQuantity } from '../../api/quantity/quantity.ts';
import type { PodSpec, ResourceRequirements } from '../../api/types/core-v1.ts';

type QualityOfService = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** How firmly a pod holds its resources, by requests and limits of cpu and memory; after `helper/qos`. */
export function qualityOfService(spec: PodSpec | undefined): QualityOfService {
  const holders =
    spec?.resources === undefined
      ? [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ resources = {} }) => resources)
      : [spec.resources];
  const asked = holders.flatMap((one) => [...positive(one.requests), ...positive(one.limits)]);
  if (asked.length === 0) return 'BestEffort';
  return holders.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function positive(list: Record<string, string> = {}): string[] {
  return ['cpu', 'memory'].filter((name) => (parseQuantity(list[name] ?? '0')?.sign() ?? 0) > 0);
}

function isGuaranteed({ requests = {}, limits = {} }: ResourceRequirements): boolean {
  return ['cpu', 'memory'].every((name) => {
    const limit = parseQuantity(limits[name] ?? '0');
    const request = parseQuantity(requests[name] ?? limits[name] ?? '0');
    return limit !== undefined && limit.sign() > 0 && request !== undefined && limit.compare(request) === 0;
  });
}
