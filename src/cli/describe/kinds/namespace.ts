import type { KubeObject } from '../../../api/object.ts';
import { isReason } from '../../../api/status.ts';
import type { LimitRange, Namespace, ResourceQuota } from '../../../api/types/core-v1.ts';
import { describeConditions } from '../conditions.ts';
import type { Description } from '../description.ts';
import { describeMetadata } from '../labels.ts';
import { describeLimitRanges, describeQuota } from '../limits.ts';
import type { Related } from '../related.ts';

export async function describeNamespace({ metadata, status }: Namespace, out: Description, related: Related) {
  const [quotas, ranges] = await Promise.all([
    ifServed<ResourceQuota>(related, 'resourcequotas', metadata.name),
    ifServed<LimitRange>(related, 'limitranges', metadata.name),
  ]);
  describeMetadata(out, metadata, { clusterWide: true });
  out.field(0, 'Status', status?.phase);
  const { conditions = [] } = status ?? {};
  if (conditions.length > 0) describeConditions(out, conditions);
  if (quotas !== undefined) {
    out.line(0);
    if (quotas.length === 0) out.line(0, 'No resource quota.');
    else out.line(0, 'Resource Quotas');
    for (const quota of quotas.sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))) {
      out.field(1, 'Name', quota.metadata.name);
      describeQuota(out, quota, { within: true });
    }
  }
  if (ranges === undefined) return;
  out.line(0);
  describeLimitRanges(out, ranges);
}

/** Undefined where the server has no such kind. */
async function ifServed<T extends KubeObject>(
  related: Related,
  plural: string,
  namespace = '',
): Promise<T[] | undefined> {
  try {
    return await related.all<T>('v1', plural, { namespace });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
