/** Values of `fieldRef` selectors, for variables and downward API files; after `fieldpath.ExtractFieldPathAsString`. */
import type { Pod } from '../../api/types/core-v1.ts';
import { ConfigError } from './config-error.ts';

export interface PodAddresses {
  podIP: string;
  hostIP: string;
}

/** Throws `ConfigError` for a path that names nothing. */
export function podField(pod: Pod, path: string, addresses: PodAddresses): string {
  const { metadata, spec } = pod;
  switch (path) {
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return addresses.hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return addresses.podIP;
    default:
      break;
  }
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript === null) throw new ConfigError(`unsupported fieldPath: ${path}`);
  const [, map, key = ''] = subscript;
  return (map === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
}

/** One `key="value"` a line, sorted; the value quoted as Go does. */
function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
