/** The Accept header: which of the forms that this server can write the client wants. After `endpoints/handlers/negotiation`. */
import { notAcceptable } from '../api/status.ts';

export interface AnswerForm {
  readonly format: 'json' | 'yaml';
  /** The kind that an object is turned into; absent: as it is. */
  readonly as?: { readonly group: string; readonly version: string; readonly kind: string };
}

const JSON_FORM: AnswerForm = { format: 'json' };
const remembered = new Map<string, readonly AnswerForm[]>();
const REMEMBER_AT_MOST = 200;

/**
 * The first form in the client's order that `allows` accepts. A form with `as` is only taken when allowed; others are
 * passed over, as upstream does. Throws `StatusError` 406 when none is left.
 */
export function negotiate(
  accept: string | undefined,
  allows?: (as: NonNullable<AnswerForm['as']>) => boolean,
): AnswerForm {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return JSON_FORM;
  for (const form of formsOf(accept)) {
    if (form.as === undefined || allows?.(form.as) === true) return form;
  }
  throw notAcceptable(
    `only the following media types are accepted: application/json, application/yaml (asked for: ${JSON.stringify(accept)})`,
  );
}

function formsOf(accept: string): readonly AnswerForm[] {
  let forms = remembered.get(accept);
  if (forms === undefined) {
    forms = parseAccept(accept);
    if (remembered.size >= REMEMBER_AT_MOST) remembered.clear();
    remembered.set(accept, forms);
  }
  return forms;
}

function parseAccept(accept: string): AnswerForm[] {
  const clauses = accept.split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map(
      rest.map((part) => {
        const equals = part.indexOf('=');
        return equals < 0 ? [part.toLowerCase(), ''] : [part.slice(0, equals).toLowerCase(), part.slice(equals + 1)];
      }),
    );
    return { type: type.toLowerCase(), parameters, quality: Number(parameters.get('q') ?? 1) };
  });
  clauses.sort((a, b) => b.quality - a.quality);
  return clauses.flatMap(({ type, parameters, quality }) => {
    const format = formatOf(type);
    if (format === undefined || !(quality > 0)) return [];
    const kind = parameters.get('as');
    if (kind === undefined) return [{ format }];
    return [{ format, as: { group: parameters.get('g') ?? '', version: parameters.get('v') ?? '', kind } }];
  });
}

function formatOf(type: string): AnswerForm['format'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}
