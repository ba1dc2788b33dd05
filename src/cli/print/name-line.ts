/** Objects by name, as `-o name` prints them. */
import { isRecord } from '../../lib/is-record.ts';
import { escapeControls } from './escape.ts';

/** `pod` or `deployment.apps`. */
export function kindPrefix({ kind, group }: { kind: string; group: string }): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

/** `pod/web` or `deployment.apps/web`, and a newline. */
export function nameLine(object: Readonly<Record<string, unknown>>): string {
  const apiVersion = String(object.apiVersion ?? '');
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const name = (isRecord(object.metadata) && String(object.metadata.name ?? '')) || '<unknown>';
  return escapeControls(`${kindPrefix({ kind: String(object.kind ?? ''), group })}/${name}\n`);
}
