import type { TokenRequest } from '../../../api/types/authentication-v1.ts';
import { openApiReader } from '../../api-reader.ts';
import { CommandError, defineCommand, UsageError } from '../../command.ts';
import { parseDuration } from '../../duration.ts';
import { failedTo } from '../../objects/failed-to.ts';
import { objectOutputFlags, openStructPrinter } from '../../print/struct-printer.ts';

const boundKinds = { Pod: 'v1', Secret: 'v1', Node: 'v1' } as const;

export const createTokenCommand = defineCommand({
  usage: 'SERVICEACCOUNT',
  examples: [
    { does: 'For an hour', line: 'fairlead create token builder' },
    { does: 'In a script', line: 'fairlead --token="$(fairlead create token builder)" get pods' },
    {
      does: 'For ten minutes and one audience',
      line: 'fairlead create token builder --duration=10m --audience=https://vault.example.com',
    },
  ],
  flags: {
    ...objectOutputFlags,
    audience: { type: 'list', value: 'NAME', description: 'for whom the token is (default: the API server)' },
    duration: {
      type: 'string',
      value: 'TIME',
      description: 'how long it is good (10m, 8h); the server may give less or more',
    },
    'bound-object-kind': {
      type: 'string',
      value: 'KIND',
      choices: Object.keys(boundKinds),
      description: 'the token ends with this object',
    },
    'bound-object-name': { type: 'string', value: 'NAME', description: 'its name' },
    'bound-object-uid': { type: 'string', value: 'UID', description: 'its UID' },
  },
  arguments: { min: 1, max: 1, complete: ['names of serviceaccounts'] },
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const kind = flags['bound-object-kind'];
    const boundName = flags['bound-object-name'];
    const uid = flags['bound-object-uid'];
    if ((kind === undefined) !== (boundName === undefined)) {
      throw new UsageError('--bound-object-kind and --bound-object-name go together');
    }
    if (uid !== undefined && kind === undefined)
      throw new UsageError('--bound-object-uid goes with --bound-object-kind');
    const milliseconds = flags.duration === undefined ? 0 : parseDuration(flags.duration, '--duration');
    if (milliseconds < 0 || milliseconds % 1000 !== 0)
      throw new UsageError('--duration cannot be below zero or have fractions of seconds');
    const print = await openStructPrinter(flags, io);
    await using reader = await openApiReader(invocation);
    const spec = {
      // Go's empty list is null, and null is what kubectl sends.
      audiences: [...flags.audience],
      ...(milliseconds > 0 && { expirationSeconds: milliseconds / 1000 }),
      ...(kind !== undefined && {
        boundObjectRef: { apiVersion: 'v1', kind, name: boundName ?? '', ...(uid !== undefined && { uid }) },
      }),
    };
    const answer = await reader.client
      .resource<TokenRequest>('v1', 'serviceaccounts')
      .call<TokenRequest>({
        method: 'POST',
        namespace: reader.config.namespace,
        name: args[0] ?? '',
        subresource: 'token',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec },
        signal,
      })
      .catch((error: unknown) => {
        throw failedTo('failed to create token:', error);
      });
    const token = answer.status?.token;
    if (token === undefined || token === '') throw new CommandError('the server answered without a token');
    if (print !== undefined) await print({ ...answer });
    else io.stdout.write(`${token}\n`);
    return 0;
  },
});
