/** Small values as kubectl words them. */
import { parseQuantity } from '../../api/quantity/quantity.ts';

export function trueOrFalse(value: boolean | undefined): string {
  return value === undefined ? '<unset>' : value ? 'True' : 'False';
}

/** `false` where there is none. */
export function flagText(value: boolean | undefined): string {
  return String(value ?? false);
}

/** As Go prints a slice. */
export function sliceText(values: readonly (string | number)[] | undefined): string {
  return `[${(values ?? []).join(' ')}]`;
}

/** In its canonical form; 0 where there is none. */
export function amountText(quantity: string | undefined): string {
  return parseQuantity(quantity ?? '0')?.toString() ?? String(quantity);
}

/** `[::1]:80`, `10.0.0.1:80`. */
export function hostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `RWO,ROX`, in this order whatever theirs. */
export function accessModes(modes: readonly string[] | undefined): string {
  const names = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
  return Object.entries(names)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}
