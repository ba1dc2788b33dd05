/** A local port for a service's, in words: `[ALIAS/]NAMESPACE/SERVICE[:PORT]=LOCALPORT`. */
import type { ServiceTarget } from './destination.ts';

export interface FixedPort {
  target: ServiceTarget;
  /** 0: any free one. */
  localPort: number;
}

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const form = new RegExp(`^(?:(${label})/)?(${label})/(${label})(?::(${label}))?=(\\d{1,5})$`);

/** Undefined for what is not of this form. PORT is the service's port by name or number. */
export function parseFixedPort(text: string): FixedPort | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, alias, namespace = '', name = '', port, local] = match;
  const localPort = Number(local);
  if (localPort > 65_535) return undefined;
  return { target: { kind: 'service', alias, namespace, name, port }, localPort };
}

/** `[ALIAS/]NAMESPACE/SERVICE[:PORT]`; undefined for what is not of this form. */
export function parseServiceTarget(text: string): ServiceTarget | undefined {
  return parseFixedPort(`${text}=0`)?.target;
}

/** As `parseServiceTarget` reads it. */
export function formatTarget({ alias, namespace, name, port }: ServiceTarget): string {
  return `${alias === undefined ? '' : `${alias}/`}${namespace}/${name}${port === undefined ? '' : `:${port}`}`;
}
