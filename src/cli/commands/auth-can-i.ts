import type { SelfSubjectAccessReview, SelfSubjectRulesReview } from '../../api/types/authorization-v1.ts';
import { type ApiReader, openApiReader } from '../api-reader.ts';
import { accessRows } from '../auth/access-rows.ts';
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { discoverTypes, type ResourceType } from '../get/resource-types.ts';
import { hintLine } from '../hint.ts';
import { escapeControls } from '../print/escape.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';

const knownVerbs = new Set(
  'get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest'.split(
    ' ',
  ),
);
const knownUrlVerbs = new Set('get put post head options delete patch *'.split(' '));
/** Never discovered, since they are only ever impersonated. */
const undiscovered = new Set(['users', 'groups']);

export const authCanICommand = defineCommand({
  usage: 'VERB TYPE | VERB TYPE/NAME | VERB /PATH',
  description: 'Prints yes or no; the exit code is 1 for no.',
  examples: [
    { does: 'May I create pods here?', line: 'fairlead auth can-i create pods' },
    {
      does: 'May I reach this service through the API server?',
      line: 'fairlead auth can-i get services/web --subresource=proxy',
    },
    { does: 'All that I may do in a namespace', line: 'fairlead auth can-i --list -n shop' },
    { does: 'In a script', line: 'fairlead auth can-i delete deploy -q && echo allowed' },
  ],
  flags: {
    'all-namespaces': { type: 'boolean', short: 'A', description: 'in every namespace' },
    subresource: { type: 'string', value: 'NAME', description: 'a part of the object: log, exec, scale' },
    list: { type: 'boolean', description: 'everything that is allowed in the namespace' },
    'no-headers': { type: 'boolean', description: 'with --list: leave the headings out' },
    quiet: { type: 'boolean', short: 'q', description: 'print nothing: the exit code tells' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json'],
      description: "json: the server's answer",
    },
  },
  arguments: { min: 0, max: 2 },
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const everywhere = flags['all-namespaces'] === true;
    const [verb, what] = args;
    const warn: Warn = (text, hint = '') => void io.stderr.write(`Warning: ${escapeControls(text)}\n\n${hint}`);
    if (flags.list === true) {
      if (args.length > 0) throw new UsageError('--list tells everything: it takes no arguments');
      if (flags.quiet === true || everywhere || flags.subresource !== undefined) {
        throw new UsageError('--list does not go with --quiet, --all-namespaces or --subresource');
      }
    } else if (verb === undefined || what === undefined) {
      throw new UsageError(
        'say what: a verb and a type (create pods), an object (get pods/web) or a path (get /metrics)',
      );
    } else if (flags['no-headers'] === true) throw new UsageError('--no-headers goes with --list');
    await using reader = await openApiReader(invocation);
    const { namespace } = reader.config;

    if (verb === undefined || what === undefined) {
      const review = await reader.client
        .resource<SelfSubjectRulesReview>('authorization.k8s.io/v1', 'selfsubjectrulesreviews')
        .create(
          { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', metadata: {}, spec: { namespace } },
          { signal },
        );
      if (flags.output === 'json') {
        io.stdout.write(`${JSON.stringify(review, null, 4)}\n`);
        return 0;
      }
      if (review.status?.incomplete === true)
        warn(`the list may be incomplete: ${review.status.evaluationError ?? ''}`);
      const rows = accessRows(review.status).map((row) => row.map(cellText));
      const headings = ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'];
      io.stdout.write(new TableLayout().lines(flags['no-headers'] === true ? rows : [headings, ...rows]));
      return 0;
    }

    const spec = what.startsWith('/')
      ? pathQuestion(verb, what, flags.subresource, warn)
      : await resourceQuestion(reader, { verb, what, subresource: flags.subresource ?? '', everywhere, warn });
    const review = await reader.client
      .resource<SelfSubjectAccessReview>('authorization.k8s.io/v1', 'selfsubjectaccessreviews')
      .create(
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec },
        { signal },
      );
    const { allowed = false, reason = '', evaluationError = '' } = review.status ?? {};
    if (flags.output === 'json') io.stdout.write(`${JSON.stringify(review, null, 4)}\n`);
    else if (flags.quiet !== true) {
      const why = allowed ? '' : [reason, evaluationError].map((text) => (text === '' ? '' : ` - ${text}`)).join('');
      io.stdout.write(escapeControls(`${allowed ? 'yes' : 'no'}${why}\n`));
    }
    return allowed ? 0 : 1;
  },
});

/** `hint`: a line of its own below. */
type Warn = (text: string, hint?: string) => void;

type Spec = SelfSubjectAccessReview['spec'];

function pathQuestion(verb: string, path: string, subresource: string | undefined, warn: Warn): Spec {
  if (subresource !== undefined) throw new UsageError('--subresource does not go with a path');
  if (!knownUrlVerbs.has(verb)) warn(`verb '${verb}' is not a known verb`);
  return { nonResourceAttributes: { verb, path } };
}

interface ResourceQuestion {
  verb: string;
  what: string;
  subresource: string;
  everywhere: boolean;
  warn: Warn;
}

async function resourceQuestion(reader: ApiReader, question: ResourceQuestion): Promise<Spec> {
  const { verb, everywhere, warn } = question;
  const resourceAttributes = await attributesOf(reader, question);
  if (!everywhere && !knownVerbs.has(verb)) warn(`verb '${verb}' is not a known verb`);
  return { resourceAttributes };
}

async function attributesOf(
  reader: ApiReader,
  question: ResourceQuestion,
): Promise<NonNullable<Spec['resourceAttributes']>> {
  const { verb, what, subresource, everywhere, warn } = question;
  const slash = what.indexOf('/');
  const word = slash < 0 ? what : what.slice(0, slash);
  const name = slash < 0 ? '' : what.slice(slash + 1);
  const namespace = everywhere ? '' : reader.config.namespace;
  const attributes = { namespace, verb, subresource, name };
  if (word === '*') return { ...attributes, group: '', resource: '*' };
  const type = await resolveType(reader, word);
  if (type instanceof CommandError) {
    if (!undiscovered.has(word.toLowerCase())) warn(noSuchType(word), hintLine(type));
    return { ...attributes, group: '', resource: word };
  }
  const { group, plural, namespaced } = type;
  if (!namespaced && !everywhere) {
    warn(`resource '${plural}' is not namespace scoped${group === '' ? '' : ` in group '${group}'`}`);
  }
  return { ...attributes, group, resource: plural };
}

async function resolveType(reader: ApiReader, word: string): Promise<ResourceType | CommandError> {
  try {
    return await discoverTypes(reader).ofName(word);
  } catch (error) {
    // Rights may be asked about what is not there yet.
    if (error instanceof CommandError) return error;
    throw error;
  }
}

function noSuchType(word: string): string {
  const dot = word.indexOf('.');
  if (dot < 0) return `the server doesn't have a resource type '${word}'`;
  return `the server doesn't have a resource type '${word.slice(0, dot)}' in group '${word.slice(dot + 1)}'`;
}
