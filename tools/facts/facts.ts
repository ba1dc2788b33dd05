/** Writes `src/api/generated`: one compact JSON file per package. `src/api/schema/facts.ts` reads this form. */
import { formatApiVersion } from '../../src/api/group-version.ts';
import type { Field, ModelType, ScalarName, TypeRef } from './model.ts';
import { kubernetesVersion } from './modules.ts';

/** One letter per scalar; the names of types begin with a capital. */
const letters: Readonly<Record<ScalarName, string>> = {
  string: 's',
  boolean: 'b',
  int32: 'i',
  int64: 'l',
  double: 'd',
  bytes: 'y',
  quantity: 'q',
  intOrString: 'x',
  time: 't',
  microTime: 'u',
  object: 'o',
  json: 'j',
};

function typeText(type: TypeRef, home: string): string {
  if (type.kind === 'scalar') return letters[type.name];
  if (type.kind === 'named') return type.package === home ? type.name : `${type.name}@${type.package}`;
  return (type.kind === 'list' ? '[' : '{') + typeText(type.of, home);
}

/** `NUMBER TYPE FLAG…`; see `parseField` for the flags. */
function fieldText(field: Field, home: string): string {
  const parts = [field.number ?? '0', typeText(field.type, home)];
  if (field.required) parts.push('!');
  if (field.pointer) parts.push('*');
  if (field.omit !== undefined) parts.push(field.omit === 'empty' ? '?' : '??');
  if (field.patchMergeKey !== undefined) parts.push(`k:${field.patchMergeKey}`);
  if (field.patchStrategy !== undefined) parts.push(`p:${field.patchStrategy}`);
  if (field.listType !== undefined) parts.push(`l:${field.listType}`);
  if (field.listMapKeys !== undefined) parts.push(`K:${field.listMapKeys.join(',')}`);
  if (field.mapType !== undefined) parts.push(`m:${field.mapType}`);
  if (field.default !== undefined) parts.push(`=${JSON.stringify(field.default)}`);
  return parts.join(' ');
}

/** The part of a type that its package does not tell: whether it is a kind, and how it is merged. */
function typeFacts(type: ModelType): unknown {
  return {
    ...(type.gvks.length > 0 ? { kind: true } : {}),
    ...(type.mapType === undefined ? {} : { mapType: type.mapType }),
    ...(type.either === undefined ? {} : { either: type.either }),
    fields: Object.fromEntries(type.fields.map((field) => [field.name, fieldText(field, type.package)])),
  };
}

/** File name to text. A line per type, so that a newer Kubernetes gives a readable difference. */
export function factFiles(types: readonly ModelType[]): Map<string, string> {
  const files = new Map<string, string>();
  const apiVersions: Record<string, string> = {};
  for (const packageName of new Set(types.map((type) => type.package))) {
    const own = types.filter((type) => type.package === packageName);
    const gvk = own.flatMap((type) => type.gvks)[0];
    if (gvk !== undefined && packageName !== 'meta.v1') apiVersions[formatApiVersion(gvk)] = packageName;
    const lines = own.map((type) => `${JSON.stringify(type.name)}:${JSON.stringify(typeFacts(type))}`);
    files.set(`${packageName}.json`, `{\n${lines.join(',\n')}\n}\n`);
  }
  files.set('packages.json', `${JSON.stringify({ kubernetesVersion, apiVersions }, null, 1)}\n`);
  return files;
}
