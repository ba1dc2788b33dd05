/** `fairlead.yaml`: the forwards of a project, with the local ports that its people agreed on. */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Node, Pair, YAMLMap } from 'yaml';
import { CommandError, UsageError } from '../command.ts';
import { nearest } from '../nearest.ts';
import { type PlannedForward, parseForwardTarget, udpRefusal } from './planned.ts';

export const forwardFileName = 'fairlead.yaml';

export interface ForwardFile {
  path: string;
  forwards: readonly PlannedForward[];
}

/** The nearest one from a directory upwards; undefined where there is none. Throws CommandError for one that is wrong. */
export async function findForwardFile(cwd: string): Promise<ForwardFile | undefined> {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const path = join(directory, forwardFileName);
    const text = await readIfThere(path);
    if (text !== undefined) return { path, forwards: await parseForwardFile(text, relative(cwd, path)) };
    if (dirname(directory) === directory) return undefined;
  }
}

export async function readForwardFile(path: string, cwd: string): Promise<ForwardFile> {
  const text = await readIfThere(resolve(cwd, path));
  if (text === undefined) throw new CommandError(`there is no file ${path}`);
  return { path: resolve(cwd, path), forwards: await parseForwardFile(text, path) };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CommandError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

const topFields = ['forwards', 'context', 'namespace'] as const;
const entryFields = ['to', 'local', 'context', 'namespace', 'protocol'] as const;

/** `file` is its name in messages. Throws CommandError that names file, line and field. */
export async function parseForwardFile(text: string, file: string): Promise<PlannedForward[]> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines });
  const fail = (node: unknown, says: string): never => {
    const at = yaml.isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1;
    throw new CommandError(`${file}:${at}: ${says}`);
  };
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new CommandError(`${file}:${broken.linePos?.[0].line ?? 1}: ${broken.message.split('\n')[0]}`);

  /** The values of a mapping by name; other names than these are refused. */
  const fieldsOf = (node: unknown, known: readonly string[], path: string): Map<string, Node | undefined> => {
    if (!yaml.isMap(node)) return fail(node, `${path || 'the file'} must be a mapping of ${known.join(', ')}`);
    return new Map(
      (node as YAMLMap).items.map((pair: Pair) => {
        const name = yaml.isScalar(pair.key) ? String(pair.key.value) : '';
        if (!known.includes(name)) {
          const close = nearest(name, known);
          const hint = close === undefined ? `there is ${known.join(', ')}` : `did you mean "${close}"?`;
          fail(pair.key, `${path}${path && '.'}${name}: unknown field; ${hint}`);
        }
        return [name, yaml.isNode(pair.value) ? pair.value : undefined];
      }),
    );
  };
  const textOf = (node: Node | undefined, path: string): string | undefined => {
    if (node === undefined) return undefined;
    const value: unknown = yaml.isScalar(node) ? node.value : undefined;
    return typeof value === 'string' && value !== '' ? value : fail(node, `${path}: a text is needed`);
  };

  const top = fieldsOf(document.contents, topFields, '');
  const list = top.get('forwards');
  if (!yaml.isSeq(list) || list.items.length === 0)
    return fail(list ?? document.contents, 'forwards: a list with one entry at least is needed');
  const defaults = {
    context: textOf(top.get('context'), 'context'),
    namespace: textOf(top.get('namespace'), 'namespace'),
  };
  const seen = new Map<number, string>();
  return list.items.map((item, index): PlannedForward => {
    const path = `forwards[${index}]`;
    const fields = fieldsOf(item, entryFields, path);
    const to = fields.get('to');
    const toText =
      textOf(to, `${path}.to`) ?? fail(item, `${path}.to: what to forward to is needed, such as shop/db:5432`);
    const protocol = textOf(fields.get('protocol'), `${path}.protocol`);
    if (protocol?.toUpperCase() === 'UDP') fail(fields.get('protocol'), `${path}.protocol: ${udpRefusal}`);
    if (protocol !== undefined && protocol.toUpperCase() !== 'TCP')
      fail(fields.get('protocol'), `${path}.protocol: "${protocol}" is unknown; it is TCP, which need not be said`);
    let target: PlannedForward['target'];
    try {
      target = parseForwardTarget(toText);
    } catch (error) {
      if (error instanceof UsageError) return fail(to, `${path}.to: ${error.message}`);
      throw error;
    }
    const namespace = textOf(fields.get('namespace'), `${path}.namespace`);
    if (namespace !== undefined && target.namespace !== undefined && target.namespace !== namespace)
      fail(fields.get('namespace'), `${path}.namespace: "${namespace}" contradicts "${toText}"`);
    const localNode = fields.get('local');
    const local: unknown = yaml.isScalar(localNode) ? localNode.value : undefined;
    if (typeof local !== 'number' || !Number.isInteger(local) || local < 0 || local > 65_535)
      return fail(
        localNode ?? item,
        `${path}.local: a port of this machine is needed, from 1 to 65535, or 0 for any free one`,
      );
    const before = seen.get(local);
    if (before !== undefined) fail(localNode, `${path}.local: port ${local} is taken by ${before}`);
    if (local !== 0) seen.set(local, path);
    return {
      target: { ...target, namespace: target.namespace ?? namespace ?? defaults.namespace },
      context: textOf(fields.get('context'), `${path}.context`) ?? defaults.context,
      local,
    };
  });
}
