/** Labels, annotations and other maps of names to values. */
import type { ObjectMeta } from '../../api/object.ts';
import type { Description } from './description.ts';

type Pairs = Readonly<Record<string, string>> | undefined;

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const longest = 140;

export function describeLabels(
  out: Description,
  labels: Pairs,
  { label = 'Labels', indent = '' }: { label?: string; indent?: string } = {},
): void {
  out.list(label, pairTexts(labels), { indent });
}

/** Long values and those of several lines stand below their key, cut where they are too long. */
export function describeAnnotations(out: Description, annotations: Pairs, label = 'Annotations'): void {
  const shown = sortedPairs(annotations).filter(([key]) => key !== lastApplied);
  const lines = shown.flatMap(([key, whole]) => {
    const value = whole.endsWith('\n') ? whole.slice(0, -1) : whole;
    const length = Buffer.byteLength(value) + Buffer.byteLength(key) + 2;
    if (length <= longest && !value.includes('\n')) return [`${key}: ${value}`];
    return [`${key}:`, ...value.split('\n').map((line) => `  ${shorten(line, longest - 2)}`)];
  });
  out.list(label, lines);
}

/** What most descriptions begin with. */
export function describeMetadata(
  out: Description,
  { name, namespace = '', labels, annotations }: ObjectMeta,
  { clusterWide = false }: { clusterWide?: boolean } = {},
): void {
  out.field(0, 'Name', name);
  if (!clusterWide) out.field(0, 'Namespace', namespace);
  describeLabels(out, labels);
  describeAnnotations(out, annotations);
}

/** `Kind/name` of the owner that controls it, where there is one. */
export function describeController(out: Description, { ownerReferences = [] }: ObjectMeta): void {
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner !== undefined) out.field(0, 'Controlled By', `${owner.kind}/${owner.name}`);
}

/** `a=b,c=d`, or `<none>`. */
export function labelLine(labels: Pairs): string {
  return pairTexts(labels).join(',') || '<none>';
}

export function pairTexts(pairs: Pairs): string[] {
  return sortedPairs(pairs).map(([key, value]) => `${key}=${value}`);
}

export function sortedPairs<T>(pairs: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(pairs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Cut after so many bytes, between characters. */
export function shorten(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  return `${new TextDecoder().decode(whole.subarray(0, bytes), { stream: true })}...`;
}
