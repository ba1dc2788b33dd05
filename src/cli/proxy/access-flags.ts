/** From flags to who is let in, under which names, and with which certificates. */
import { join, resolve } from 'node:path';
import { FirstUseLink } from '../../gateway/access/first-use-link.ts';
import { Password, readPasswordFile } from '../../gateway/access/password.ts';
import { gatewayNames } from '../../gateway/host.ts';
import type { ListenPlace } from '../../gateway/listeners.ts';
import type { GatewayOptions } from '../../gateway/start.ts';
import { tlsFromFiles, tlsOfOwnAuthority } from '../../gateway/tls/gateway-tls.ts';
import { isLoopback } from '../../net/loopback-host.ts';
import { canTellPeerUser } from '../../net/peer-user.ts';
import { dataRoot } from '../cluster/paths.ts';
import { UsageError } from '../command.ts';
import type { FlagTable, FlagValues } from '../flags.ts';

export const accessFlags = {
  auth: {
    type: 'boolean',
    description:
      'for a machine that others use too: let in only browsers that opened the link printed at the start, each once (and, on Linux, only programs of yours)',
  },
  'password-file': {
    type: 'string',
    value: 'FILE',
    description: 'let in only who has the password in this file: browsers by a page, programs by Basic authentication',
  },
  tls: { type: 'boolean', description: 'speak TLS, with certificates of an authority that is made on this machine' },
  'tls-cert': { type: 'string', value: 'FILE', description: 'speak TLS with this certificate, in PEM' },
  'tls-key': { type: 'string', value: 'FILE', description: 'the key of --tls-cert' },
  domain: {
    type: 'string',
    value: 'NAME',
    description:
      'name of this gateway for others; its services are SERVICE.NAMESPACE.NAME (both must lead to --address)',
  },
} as const satisfies FlagTable;

type Flags = FlagValues<typeof accessFlags>;

export type AccessChoice = Pick<GatewayOptions, 'names' | 'domain' | 'access' | 'tls' | 'ownUserOnly'>;

const domainName = /^(?=.{1,190}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)+$/;

/** `say` is given lines for the user: where the authority's certificate lies. Throws UsageError, PasswordFileError, TlsFileError. */
export async function accessChoice(
  flags: Flags,
  {
    place,
    cwd,
    env,
    onLink,
    say,
  }: {
    place: ListenPlace;
    cwd: string;
    env: Readonly<Record<string, string | undefined>>;
    onLink(path: string): void;
    say(line: string): void;
  },
): Promise<AccessChoice> {
  if (flags.auth === true && 'unixSocket' in place)
    throw new UsageError(
      '--auth is for browsers, which do not open a unix socket: leave it out, the mode of the socket keeps other users off',
    );
  const domain = flags.domain?.toLowerCase();
  if (domain !== undefined && !domainName.test(domain))
    throw new UsageError(`invalid --domain "${flags.domain}": a name such as fairlead.example.com is needed`);
  if (domain !== undefined && (domain === 'localhost' || domain.endsWith('.localhost')))
    throw new UsageError(`invalid --domain "${flags.domain}": names of localhost are served anyway`);
  const address = 'host' in place && place.host !== 'localhost' ? place.host : undefined;
  const names = gatewayNames({ address, domain });
  const passwordFile = flags['password-file'];
  const password =
    passwordFile === undefined ? undefined : new Password(await readPasswordFile(resolve(cwd, passwordFile)));
  const link = flags.auth === true ? new FirstUseLink(onLink) : undefined;
  const local = 'host' in place && isLoopback(place.host);
  const exposed = address !== undefined && !isLoopback(address);
  const tls = await chooseTls(flags, { needed: exposed && password !== undefined, names, cwd, env, say });
  return {
    names,
    ...(domain !== undefined && { domain }),
    ...((password || link) && { access: { password, link } }),
    ...(tls && { tls }),
    ownUserOnly: flags.auth === true && local && canTellPeerUser,
  };
}

async function chooseTls(
  flags: Flags,
  {
    needed,
    names,
    cwd,
    env,
    say,
  }: {
    needed: boolean;
    names: ReturnType<typeof gatewayNames>;
    cwd: string;
    env: Readonly<Record<string, string | undefined>>;
    say(line: string): void;
  },
): Promise<GatewayOptions['tls']> {
  const { 'tls-cert': cert, 'tls-key': key } = flags;
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key belong together');
  if (cert !== undefined && key !== undefined) return tlsFromFiles(resolve(cwd, cert), resolve(cwd, key));
  if (flags.tls === false && needed)
    throw new UsageError('--tls=false would send the password in clear text over the network: leave it out');
  if (flags.tls !== true && !needed) return undefined;
  const tls = await tlsOfOwnAuthority(join(dataRoot(env), '.gateway-authority'), names);
  say(`Browsers and programs must trust the authority in ${tls.authorityFile} (curl --cacert).`);
  return tls;
}
