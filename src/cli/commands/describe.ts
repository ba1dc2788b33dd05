import { StatusError } from '../../api/status.ts';
import { shellWords } from '../../lib/shell-words.ts';
import { CommandError, defineCommand, KubectlOnly, UsageError } from '../command.ts';
import { describeObject } from '../describe/describe-object.ts';
import { findObjects } from '../describe/find-objects.ts';
import { relatedObjects } from '../describe/related.ts';
import { fileFlags, selectionFlags } from '../objects/object-flags.ts';
import { openObjects } from '../objects/open-objects.ts';
import { escapeControls } from '../print/escape.ts';
import { statusLine } from '../print/status-line.ts';

export const describeCommand = defineCommand({
  usage: 'TYPE [NAME | NAME_PREFIX] | TYPE/NAME... | TYPE -l SELECTOR | -f FILE',
  description:
    'Prints what kubectl prints. Kinds without a description of their own are told field by field.\n' +
    'Of secrets it tells how long each value is, and shows none, except the token in one of type\n' +
    'kubernetes.io/service-account-token, as kubectl does.',
  examples: [
    { does: 'One pod, with its events', line: 'fairlead describe pod web-1' },
    { does: 'All pods whose names begin so', line: 'fairlead describe pods web' },
    { does: 'Several objects', line: 'fairlead describe deploy/web svc/web -n demo' },
    { does: 'What carries a label, with events', line: 'fairlead describe pods -l app=web --show-events' },
    { does: 'What a file holds, as it is in the cluster', line: 'fairlead describe -f app.yaml' },
    { does: 'How full the nodes are', line: "fairlead describe nodes | grep -A 8 'Allocated resources'" },
  ],
  flags: {
    ...fileFlags,
    selector: selectionFlags.selector,
    'all-namespaces': selectionFlags['all-namespaces'],
    'show-events': {
      type: 'boolean',
      description: 'tell the events too (default: for one object, not for several or for a prefix)',
    },
    'chunk-size': {
      type: 'integer',
      value: 'N',
      description: 'objects that one request asks for; 0: all at once (default 500)',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      description: 'not here: descriptions are for people; prints the `fairlead get` line for programs',
    },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  async run(invocation) {
    const { args, flags, globals, io, signal } = invocation;
    if (flags.kustomize !== undefined) throw new KubectlOnly('-k (kustomizations) is not supported here');
    if (flags.output !== undefined) {
      const words = [
        ...args,
        ...flags.filename.flatMap((file) => ['-f', file]),
        ...(flags.selector === undefined ? [] : ['-l', flags.selector]),
        ...(flags['all-namespaces'] === true ? ['-A'] : []),
        ...(globals.namespace === undefined ? [] : ['-n', globals.namespace]),
        ...['-o', flags.output],
      ];
      throw new UsageError(
        `describe prints text for people and has no -o; the objects: fairlead get ${shellWords(words)}`,
      );
    }
    const pageSize = flags['chunk-size'] ?? 500;
    if (pageSize < 0) throw new UsageError('--chunk-size is below zero');
    await using objects = await openObjects(invocation);
    const finding = {
      filename: flags.filename,
      recursive: flags.recursive,
      selector: flags.selector,
      allNamespaces: flags['all-namespaces'] === true,
      pageSize,
      signal,
    };
    const { objects: found, errors, byPrefix, close } = await findObjects(args, finding, objects);
    const hint = close === undefined ? '' : ` (did you mean "${escapeControls(close)}"?)`;
    const problems = errors.map((error) => `${statusLine(error)}${hint}`);
    const options = {
      related: relatedObjects(objects.reader.client, { pageSize, signal }),
      showEvents: flags['show-events'] ?? (found.length === 1 && errors.length === 0 && !byPrefix),
      warn: objects.warn,
    };
    let printed = 0;
    for (const { type, object } of found) {
      try {
        const text = await describeObject(object, type, options);
        io.stdout.write(byPrefix ? `${text}\n` : printed === 0 ? text : `\n\n${text}`);
        printed++;
      } catch (error) {
        if (error instanceof StatusError && error.code !== 401) problems.push(statusLine(error));
        else if (error instanceof CommandError) problems.push(`error: ${escapeControls(error.message)}`);
        else throw error;
      }
    }
    if (found.length === 0 && errors.length === 0) {
      const { namespace } = objects.reader.config;
      const where = finding.allNamespaces ? '' : ` in ${escapeControls(namespace)} namespace.`;
      io.stderr.write(`No resources found${where}\n`);
    }
    for (const line of new Set(problems)) io.stderr.write(`${line}\n`);
    return problems.length === 0 ? 0 : 1;
  },
});
