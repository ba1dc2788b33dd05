/** Requests and limits of containers. */
import type { Quantity } from '../../api/quantity/quantity.ts';
import { parseQuantity, quantityFormatError } from '../../api/quantity/quantity.ts';
import type { FieldError } from '../../api/status.ts';
import type { ResourceRequirements } from '../../api/types/core-v1.ts';
import { at, invalidFor, invalidValue } from '../../api/validation/field-errors.ts';
import { complainAboutQualifiedName } from '../../api/validation/names.ts';

/** Brings amounts into the form that upstream keeps, in place: `0.5` is `500m`, and thousandths are the finest. */
export function canonicalAmounts(amounts: Record<string, string> | undefined): void {
  for (const [name, text] of Object.entries(amounts ?? {})) {
    const amount = parseQuantity(text);
    if (amount !== undefined && amounts !== undefined) amounts[name] = amount.roundUpToThousandths().toString();
  }
}

const standard = ['cpu', 'memory', 'ephemeral-storage'];

export function validateResources(resources: ResourceRequirements | undefined, field: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors = validateAmounts(limits, `${field}.limits`);
  errors.push(...validateAmounts(requests, `${field}.requests`));
  for (const [name, text] of Object.entries(requests)) {
    const limitText = limits[name];
    const request = parseQuantity(text);
    const limit = parseQuantity(limitText ?? '');
    if (request === undefined || limit === undefined) continue;
    if (request.compare(limit) > 0) {
      errors.push(
        invalidValue(`${field}.requests`, text, `must be less than or equal to ${name} limit of ${limitText}`),
      );
    }
  }
  return errors;
}

function validateAmounts(amounts: Record<string, string>, field: string): FieldError[] {
  return Object.entries(amounts).flatMap(([name, text]) => {
    const path = at(field, name);
    const amount: Quantity | undefined = parseQuantity(text);
    const errors = invalidFor(path, name, complainAboutResourceName(name));
    if (amount === undefined) errors.push(invalidValue(path, text, quantityFormatError));
    else if (amount.sign() < 0) errors.push(invalidValue(path, text, 'must be greater than or equal to 0'));
    return errors;
  });
}

function complainAboutResourceName(name: string): string[] {
  const complaints = complainAboutQualifiedName(name);
  if (complaints.length > 0 || name.includes('/') || standard.includes(name) || name.startsWith('hugepages-'))
    return complaints;
  return ['must be a standard resource type or fully qualified', 'must be a standard resource for containers'];
}
