import { defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { keyValueFlags, readKeyValues, secretOf } from '../../objects/key-values.ts';

const configKey = '.dockerconfigjson';

export const createSecretDockerRegistryCommand = defineCommand({
  usage: 'NAME --docker-username=USER --docker-password=PASSWORD [--docker-server=URL] | --from-file=PATH',
  examples: [
    {
      does: 'From the file that docker login wrote',
      line: 'fairlead create secret docker-registry pull --from-file=.dockerconfigjson=config.json',
    },
  ],
  flags: {
    ...generateFlags,
    'docker-server': {
      type: 'string',
      value: 'URL',
      description: 'the registry (default https://index.docker.io/v1/)',
    },
    'docker-username': { type: 'string', value: 'USER', description: 'who pulls' },
    'docker-password': {
      type: 'string',
      value: 'PASSWORD',
      description: 'their password; --from-file keeps it out of the process list',
    },
    'docker-email': { type: 'string', value: 'ADDRESS', description: 'their address' },
    'from-file': keyValueFlags['from-file'],
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  async run(invocation) {
    const { args, flags, io } = invocation;
    const { 'docker-username': username, 'docker-password': password, 'docker-email': email } = flags;
    let values: ReadonlyMap<string, Buffer>;
    if (flags['from-file'].length > 0) {
      if (username !== undefined || password !== undefined)
        throw new UsageError('--from-file does not go with --docker-username and --docker-password');
      values = await readKeyValues({ 'from-file': flags['from-file'], 'from-literal': [], 'from-env-file': [] }, io);
      if (!values.has(configKey))
        throw new UsageError(`--from-file must give the key ${configKey}: --from-file=${configKey}=config.json`);
    } else {
      if (username === undefined || password === undefined)
        throw new UsageError('--docker-username and --docker-password are needed, or --from-file');
      const server = flags['docker-server'] ?? 'https://index.docker.io/v1/';
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      const entry = { username, password, ...(email !== undefined && { email }), auth };
      values = new Map([[configKey, Buffer.from(JSON.stringify({ auths: { [server]: entry } }))]]);
    }
    return generate(invocation, () => secretOf(args[0] ?? '', values, 'kubernetes.io/dockerconfigjson'));
  },
});
