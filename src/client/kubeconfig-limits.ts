/** From the bytes of a kubeconfig to a mapping, whoever wrote it: bounded in size, values, depth and aliases. */
import { isRecord } from '../lib/is-record.ts';
import { ConfigError } from './client-config.ts';
import { parsePlainYaml } from './plain-yaml.ts';
import { readBounded } from './read-bounded.ts';

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
  return bytes.toString('utf8');
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
  const { kind } = document;
  if (kind !== undefined && kind !== null && kind !== '' && kind !== 'Config') {
    const found = typeof kind === 'string' ? `its kind is ${JSON.stringify(kind.slice(0, 50))}` : 'its kind is no text';
    throw new ConfigError(`The kubeconfig ${file} is not a kubeconfig: ${found}, not "Config".`);
  }
  return document;
}

async function parse(file: string, text: string): Promise<unknown> {
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      // A mapping in YAML's flow style begins so too.
    }
  }
  const plain = parsePlainYaml(text);
  if (plain !== undefined) return plain;
  const { parse: parseYaml, YAMLParseError } = await import('yaml');
  try {
    return parseYaml(text, { logLevel: 'error', maxAliasCount: maxAliases });
  } catch (error) {
    if (error instanceof RangeError) throw tooBig(file, 'it is nested too deeply');
    if (error instanceof YAMLParseError) {
      const [at] = error.linePos ?? [];
      const place = at === undefined ? '' : ` (line ${at.line}, column ${at.col})`;
      throw new ConfigError(`The kubeconfig ${file} is not valid YAML${place}.`);
    }
    throw new ConfigError(
      `The kubeconfig ${file} is not valid YAML: its aliases (*name) are too many or lead nowhere.`,
    );
  }
}

function tooBig(file: string, what: string): ConfigError {
  return new ConfigError(`The kubeconfig ${file} is not read: ${what}.`);
}
