import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CommandError, defineCommand, UsageError } from '../../command.ts';
import { generate, generateFlags } from '../../objects/generate.ts';
import { readKeyValues, secretOf } from '../../objects/key-values.ts';

export const createSecretTlsCommand = defineCommand({
  usage: 'NAME --cert=FILE --key=FILE',
  examples: [{ does: 'From two files in PEM', line: 'fairlead create secret tls web --cert=tls.crt --key=tls.key' }],
  flags: {
    ...generateFlags,
    cert: {
      type: 'string',
      value: 'FILE',
      description: 'the certificate, with those that lead to its CA',
      complete: 'files',
    },
    key: { type: 'string', value: 'FILE', description: 'its private key', complete: 'files' },
  },
  arguments: { min: 1, max: 1, complete: ['nothing'] },
  async run(invocation) {
    const { args, flags, io } = invocation;
    if (flags.cert === undefined || flags.key === undefined) throw new UsageError('--cert and --key are needed');
    const sources = {
      'from-file': [`tls.crt=${flags.cert}`, `tls.key=${flags.key}`],
      'from-literal': [],
      'from-env-file': [],
    };
    const values = await readKeyValues(sources, io);
    checkPair(values.get('tls.crt'), values.get('tls.key'), { cert: flags.cert, key: flags.key });
    return generate(invocation, () => secretOf(args[0] ?? '', values, 'kubernetes.io/tls'));
  },
});

/** Before anything is sent: a pair that does not match is found out by nobody until a browser complains. */
function checkPair(cert: Buffer | undefined, key: Buffer | undefined, files: { cert: string; key: string }): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert ?? '');
  } catch {
    throw new CommandError(`${files.cert} holds no certificate in PEM`);
  }
  let matches: boolean;
  try {
    matches = certificate.checkPrivateKey(createPrivateKey(key ?? ''));
  } catch {
    throw new CommandError(`${files.key} holds no private key in PEM that can be read without a password`);
  }
  if (!matches) throw new CommandError(`the key of ${files.key} is not that of the certificate of ${files.cert}`);
}
