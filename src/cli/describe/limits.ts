/** Quotas and limits of a namespace. */
import { parseQuantity } from '../../api/quantity/quantity.ts';
import type { LimitRange, LimitRangeSpec, ResourceQuota } from '../../api/types/core-v1.ts';
import type { Description } from './description.ts';
import { sortedPairs } from './labels.ts';
import { amountText } from './values.ts';

export const limitHeadings = [
  'Type',
  'Resource',
  'Min',
  'Max',
  'Default Request',
  'Default Limit',
  'Max Limit/Request Ratio',
];

/** A row for each resource that a limit speaks of; `-` for what it says nothing about. */
export function limitRows(spec: LimitRangeSpec | undefined): string[][] {
  return (spec?.limits ?? []).flatMap((limit) => {
    const { type, min = {}, max = {}, default: standard = {}, defaultRequest = {}, maxLimitRequestRatio = {} } = limit;
    const amounts = [min, max, defaultRequest, standard, maxLimitRequestRatio];
    const names = [...new Set(amounts.flatMap((one) => Object.keys(one)))].sort();
    return names.map((name) => [
      type,
      name,
      ...amounts.map((one) => (one[name] === undefined ? '-' : amountText(one[name]))),
    ]);
  });
}

export function describeLimitRanges(out: Description, ranges: readonly LimitRange[]): void {
  if (ranges.length === 0) {
    out.line(0, 'No LimitRange resource.');
    return;
  }
  out.line(0, 'Resource Limits');
  const [first = '', ...more] = limitHeadings;
  const rows = ranges.flatMap(({ spec }) => limitRows(spec)).map(([type = '', ...rest]) => [` ${type}`, ...rest]);
  out.line(0, ` ${first}`, ...more);
  out.line(0, ` ${'-'.repeat(first.length)}`, ...more.map((heading) => '-'.repeat(heading.length)));
  for (const row of rows) out.line(0, ...row);
}

const scopeMeanings: Readonly<Record<string, string>> = {
  Terminating:
    'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort:
    'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

/** What of each resource is used and what may be; `within` a namespace's description it is laid out a little differently. */
export function describeQuota(out: Description, quota: ResourceQuota, { within }: { within: boolean }): void {
  const level = within ? 1 : 0;
  const scopes = [...(quota.spec?.scopes ?? [])].sort();
  if (scopes.length > 0) out.field(level, 'Scopes', scopes.join(', '));
  for (const scope of scopes) {
    const meaning = scopeMeanings[scope];
    if (meaning !== undefined) out.line(level, `${within ? '' : ' '}* ${meaning}`);
  }
  const { hard, used } = quota.status ?? {};
  out.line(level, 'Resource', 'Used', 'Hard');
  out.line(level, '--------', ...(within ? ['---', '---'] : ['----', '----']));
  for (const [name, amount] of sortedPairs(hard)) {
    const taken = used?.[name] ?? '0';
    out.line(level, name, within ? amountText(taken) : usedText(taken, amount), amountText(amount));
  }
}

/** With the suffixes of what may be used, so that the two are compared at a glance. */
function usedText(used: string, hard: string): string {
  const [amount, most] = [parseQuantity(used), parseQuantity(hard)];
  return amount === undefined || most === undefined ? used : amount.writtenAs(most).toString();
}
