/** From the bytes of a kubeconfig to a mapping, whoever wrote it: bounded in size, values, depth and aliases. */
import { isRecord } from '../lib/is-record.ts';
import { ConfigError } from './client-config.ts';
import { parsePlainYaml } from './plain-yaml.ts';
import { readBounded } from './read-bounded.ts';
import { decodeText } from './text-encoding.ts';
import { YamlMeaningError, yamlMeaning } from './yaml-meaning.ts';

const maxBytes = 8 * 1024 * 1024;
/** Lines, and values on one line: what reading takes time and memory for. Base64 has none of these characters. */
const maxValues = 200_000;
const maxAliases = 100;

/** Undefined where the file does not exist. Pipes can be read too. Throws ConfigError. */
export async function readKubeconfigText(file: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(file, maxBytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return undefined;
    const why = {
      EISDIR: 'it is a directory',
      EACCES: 'permission denied',
      ENOTDIR: 'its directory is a file',
      ELOOP: 'it is a symbolic link that leads to itself',
      ENXIO: 'it is a socket',
      SILENT: 'it is a pipe, and nothing is written into it',
    }[code];
    throw new ConfigError(`Cannot read the kubeconfig ${file}: ${why ?? code}.`);
  }
  if (bytes.length > maxBytes) throw tooBig(file, `it has more than ${maxBytes / 1024 / 1024} MiB`);
  return decodeText(bytes).text;
}

/** Throws ConfigError, with nothing of the text: it holds secrets. */
export async function parseKubeconfig(file: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  let values = 0;
  for (const _ of text.matchAll(/[\n,[{]/g)) {
    if (++values > maxValues) throw tooBig(file, `it has more than ${maxValues} values`);
  }
  const document = await parse(file, text);
  if (document === null || document === undefined) return {};
  if (!isRecord(document)) {
    throw new ConfigError(`The kubeconfig ${file} is not a kubeconfig: its top level is no mapping.`);
  }
  const { kind, apiVersion } = document;
  if (kind !== undefined && kind !== null && kind !== '' && kind !== 'Config') {
    const found = typeof kind === 'string' ? `its kind is ${JSON.stringify(kind.slice(0, 50))}` : 'its kind is no text';
    throw new ConfigError(`The kubeconfig ${file} is not a kubeconfig: ${found}, not "Config".`);
  }
  if (apiVersion !== undefined && apiVersion !== null && apiVersion !== '' && apiVersion !== 'v1') {
    const found = typeof apiVersion === 'string' ? JSON.stringify(apiVersion.slice(0, 50)) : 'no text';
    throw new ConfigError(`The kubeconfig ${file} is not read: its apiVersion is ${found}, not "v1".`);
  }
  return document;
}

async function parse(file: string, text: string): Promise<unknown> {
  try {
    const plain = text.trimStart().startsWith('{') ? undefined : parsePlainYaml(text);
    return plain ?? yamlMeaning(parseJson(text) ?? (await parseYaml(file, text)));
  } catch (error) {
    if (error instanceof YamlMeaningError) throw tooBig(file, error.message);
    throw error;
  }
}

/** Undefined for what is not JSON: a mapping in YAML's flow style begins in the same way. */
function parseJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function parseYaml(file: string, text: string): Promise<unknown> {
  const { parse: parseWholeYaml, YAMLParseError } = await import('yaml');
  try {
    return parseWholeYaml(text, { logLevel: 'error', maxAliasCount: maxAliases });
  } catch (error) {
    if (error instanceof RangeError) throw tooBig(file, 'it is nested too deeply');
    if (error instanceof YAMLParseError) {
      const [at] = error.linePos ?? [];
      const place = at === undefined ? '' : ` (line ${at.line}, column ${at.col})`;
      const reason = known[error.code];
      if (reason !== undefined) throw new ConfigError(`The kubeconfig ${file} is not read: ${reason}${place}.`);
      throw new ConfigError(`The kubeconfig ${file} is not valid YAML${place}.`);
    }
    throw new ConfigError(
      `The kubeconfig ${file} is not valid YAML: its aliases (*name) are too many or lead nowhere.`,
    );
  }
}

/** Faults that are none of the syntax's. kubectl reads the first document, and the last of the keys. */
const known: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS:
    'it holds several documents, of which only one can be meant: keep one, or put each into a file of $KUBECONFIG',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  DUPLICATE_KEY: 'a key is written twice in one mapping: remove one of them',
};

function tooBig(file: string, what: string): ConfigError {
  return new ConfigError(`The kubeconfig ${file} is not read: ${what}.`);
}
