/** From kubectl proxy's flags, and `--read-only`, to what the gateway serves of the API. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ApiRules } from '../../gateway/api-origin.ts';
import { parsePrefix } from '../../gateway/api-prefix.ts';
import { StaticFiles } from '../../gateway/static-files.ts';
import { GoPattern } from '../../lib/go-regexp/pattern.ts';
import { PatternError } from '../../lib/go-regexp/syntax.ts';
import { UsageError } from '../command.ts';
import type { FlagTable, FlagValues } from '../flags.ts';

export const apiRuleFlags = {
  'api-prefix': { type: 'string', value: 'PATH', description: 'path under which the API is served (default /)' },
  'accept-paths': { type: 'string', value: 'REGEXPS', description: 'paths of the API to serve (default ^.*)' },
  'reject-paths': {
    type: 'string',
    value: 'REGEXPS',
    description:
      'paths of the API to refuse, even if accepted (default: what leads into containers: exec, attach and the like)',
  },
  'accept-hosts': {
    type: 'string',
    value: 'REGEXPS',
    description: 'names under which the API is served (default: localhost, 127.0.0.1 and [::1])',
  },
  'reject-methods': { type: 'string', value: 'REGEXPS', description: 'methods to refuse, such as ^POST$,^PUT$' },
  'disable-filter': {
    type: 'boolean',
    description:
      'serve all paths, methods and host names, whatever the flags above say: any web site that you visit may then reach the API',
  },
  'append-server-path': {
    type: 'boolean',
    description: "put the path of the server's URL in front of every request (default true)",
  },
  www: { type: 'string', short: 'w', value: 'FOLDER', description: 'also serve the files of this folder' },
  'www-prefix': { type: 'string', short: 'P', value: 'PATH', description: 'path of those files (default /static/)' },
  'read-only': {
    type: 'boolean',
    description: 'serve only what reads: no writes, no connections into the cluster, no proxy verb',
  },
} as const satisfies FlagTable;

/** Throws UsageError that names the flag. `warn`: what kubectl warns of as well. */
export async function apiRules(
  flags: FlagValues<typeof apiRuleFlags>,
  { cwd, warn }: { cwd: string; warn(sentence: string): void },
): Promise<ApiRules> {
  const disabled = flags['disable-filter'] === true;
  if (disabled) {
    warn('The filter is off (--disable-filter): any web site that you visit may reach the API with your rights.');
    const idle = patternFlags.filter((name) => flags[name] !== undefined).map((name) => `--${name}`);
    // As with kubectl, they are taken all the same.
    if (idle.length > 0)
      warn(`Without the filter nothing is kept back by ${idle.join(', ')}: leave out one or the other.`);
  }
  const accept = {
    acceptPaths: patterns(flags, 'accept-paths'),
    rejectPaths: patterns(flags, 'reject-paths'),
    acceptHosts: patterns(flags, 'accept-hosts'),
    rejectMethods: patterns(flags, 'reject-methods'),
  };
  const api = prefix(flags, 'api-prefix') ?? '/';
  const { www } = flags;
  if (www === undefined && flags['www-prefix'] !== undefined)
    throw new UsageError('--www-prefix is for the files of --www, which is not given');
  const files = prefix(flags, 'www-prefix') ?? '/static/';
  if (www !== undefined && files === api)
    throw new UsageError(`--www-prefix and --api-prefix are both ${api}: give one of them another path`);
  if (www !== undefined) await warnOfFolder(resolve(cwd, www), warn);
  return {
    filter: { disabled, ...defined(accept) },
    readOnly: flags['read-only'] === true,
    prefixes: { api, static: www === undefined ? undefined : files },
    ...(www !== undefined && { files: new StaticFiles(resolve(cwd, www)) }),
    appendServerPath: flags['append-server-path'] !== false,
  };
}

const patternFlags = ['accept-paths', 'reject-paths', 'accept-hosts', 'reject-methods'] as const;

type PatternFlag = (typeof patternFlags)[number];

/** Separated by commas; empty: none, as if nothing matched. */
function patterns(flags: FlagValues<typeof apiRuleFlags>, name: PatternFlag): GoPattern[] | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  try {
    return text === '' ? [] : text.split(',').map((source) => new GoPattern(source));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new UsageError(`invalid --${name} "${text}": ${error.message}`);
  }
}

function prefix(flags: FlagValues<typeof apiRuleFlags>, name: 'api-prefix' | 'www-prefix'): string | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  const parsed = parsePrefix(text);
  if (parsed === undefined)
    throw new UsageError(
      `invalid --${name} "${text}": a path such as /custom/ is needed, of letters, digits, "-", "_", "." and "~"`,
    );
  return parsed;
}

async function warnOfFolder(path: string, warn: (sentence: string) => void): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory()) warn(`${path} (--www) is not a folder: its files cannot be served.`);
  } catch (error) {
    warn(`The files of --www cannot be served: ${error instanceof Error ? error.message : error}.`);
  }
}

function defined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
