/** From an object back to what was applied to it. */
import { parseApiVersion } from '../api/group-version.ts';
import type { KubeObject } from '../api/object.ts';
import { isRecord } from '../lib/is-record.ts';
import type { Applied, ApplyOptions } from './resource.ts';

/**
 * The fields of the object that the manager has applied, as a document to change and apply again; undefined when it has
 * applied nothing. Kinds that Kubernetes does not define are read by what their objects show: their lists are whole
 * values. After client-go's `applyconfigurations`.
 */
export async function extractApplied<T extends KubeObject>(
  object: T,
  { fieldManager, subresource = '' }: Pick<ApplyOptions, 'fieldManager'> & { subresource?: string },
): Promise<Applied<T> | undefined> {
  const { apiVersion, kind, metadata } = object;
  const entry = metadata.managedFields?.find(
    (one) => one.manager === fieldManager && one.operation === 'Apply' && (one.subresource ?? '') === subresource,
  );
  if (entry === undefined) return undefined;
  // Only now: who imports the client seldom needs what Kubernetes' kinds are made of.
  const [{ extractFields }, { mergeTypeOf }] = await Promise.all([
    import('../api/apply/extract.ts'),
    import('../api/apply/merge-type.ts'),
  ]);
  const version = parseApiVersion(apiVersion);
  const type = mergeTypeOf({ group: '', version: '', ...version, kind });
  const fields = extractFields(object, entry.fieldsV1 ?? {}, type);
  const { name, namespace } = metadata;
  const extracted = isRecord(fields) ? fields : {};
  const document: unknown = {
    ...extracted,
    apiVersion,
    kind,
    metadata: {
      ...(isRecord(extracted.metadata) ? extracted.metadata : {}),
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
    },
  };
  return document as Applied<T>;
}
