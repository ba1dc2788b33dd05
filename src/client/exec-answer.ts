/** The two documents of an exec credential plugin: what it is told, and what it answers (client.authentication.k8s.io). */
import { isRecord } from '../lib/is-record.ts';
import type { ClientConfig } from './client-config.ts';
import type { Credentials } from './credentials.ts';
import { bearer } from './credentials.ts';
import { keyPairFault } from './key-pair.ts';

/** The value of KUBERNETES_EXEC_INFO. */
export function execInfo(apiVersion: string, interactive: boolean, cluster: object | undefined): string {
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion,
    spec: { ...(cluster !== undefined && { cluster }), interactive },
  });
}

/** The cluster as a plugin is told of it: its server as it is `written`, and in `extension` what the kubeconfig holds for plugins. */
export function clusterInfo(
  { server, tls = {} }: ClientConfig,
  more: { written: string | undefined; proxyUrl: string | undefined; disableCompression: boolean; extension: unknown },
): object {
  return {
    // Query and fragment kubectl leaves out too.
    server: more.written?.includes('://') === true ? more.written.replace(/[?#].*$/s, '') : server,
    ...(tls.serverName !== undefined && { 'tls-server-name': tls.serverName }),
    ...(tls.insecureSkipVerify === true && { 'insecure-skip-tls-verify': true }),
    ...(tls.ca !== undefined && { 'certificate-authority-data': Buffer.from(tls.ca).toString('base64') }),
    ...(more.proxyUrl !== undefined && { 'proxy-url': more.proxyUrl }),
    ...(more.disableCompression && { 'disable-compression': true }),
    ...(more.extension !== undefined && { config: more.extension }),
  };
}

export interface ExecAnswer {
  credentials: Credentials;
  /** Milliseconds since 1970; undefined: good until it is refused. */
  expires: number | undefined;
}

/** What is wrong with the answer; the text is a clause that holds nothing of it. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Throws AnswerError. */
export async function readExecAnswer(text: string, apiVersion: string): Promise<ExecAnswer> {
  const document = await parse(text.replace(/^\ufeff/, ''));
  // kubectl takes a kind that is not said for the one that it asked for.
  if (!isRecord(document) || (document.kind ?? 'ExecCredential') !== 'ExecCredential') {
    throw new AnswerError('what it wrote is no ExecCredential');
  }
  if (document.apiVersion !== apiVersion) {
    throw new AnswerError(`it answered in another version than the ${apiVersion} that the kubeconfig asks for`);
  }
  const { status } = document;
  if (!isRecord(status)) throw new AnswerError('its answer has no status');
  const token = textOf(status, 'token');
  const cert = textOf(status, 'clientCertificateData');
  const key = textOf(status, 'clientKeyData');
  if (token === '' && cert === '' && key === '') throw new AnswerError('its answer has neither token nor certificate');
  if ((cert === '') !== (key === '')) throw new AnswerError('its answer has a certificate or a key, but not both');
  if (!/^[\x21-\x7e]*$/.test(token)) throw new AnswerError('its token has characters that no token has');
  const fault = cert === '' ? undefined : keyPairFault(cert, key);
  if (fault !== undefined) throw new AnswerError(fault);
  return {
    credentials: { ...(token !== '' && bearer(token)), ...(cert !== '' && { certificate: { cert, key } }) },
    expires: expiryOf(textOf(status, 'expirationTimestamp')),
  };
}

/** YAML is taken too, as by kubectl. */
async function parse(text: string): Promise<unknown> {
  if (text.trim() === '') throw new AnswerError('it wrote nothing');
  try {
    return JSON.parse(text);
  } catch {
    const { parse: parseYaml } = await import('yaml');
    try {
      return parseYaml(text, { logLevel: 'error', maxAliasCount: 0 });
    } catch {
      throw new AnswerError('what it wrote is neither JSON nor YAML');
    }
  }
}

function textOf(status: Readonly<Record<string, unknown>>, field: string): string {
  const value = status[field] ?? '';
  if (typeof value !== 'string') throw new AnswerError(`"status.${field}" of its answer is no text`);
  return value;
}

function expiryOf(text: string): number | undefined {
  if (text === '') return undefined;
  // RFC 3339
  const time = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(time)) throw new AnswerError('"status.expirationTimestamp" of its answer is no time');
  return time;
}
