/** What a JSONPath template is made of, in kubectl's dialect. */

/** A template prints its segments one after the other. */
export type Segment =
  | { kind: 'expression'; steps: readonly Step[] }
  /** `{range STEPS}BODY{end}`: the body once for each result. */
  | { kind: 'range'; steps: readonly Step[]; body: readonly Segment[] };

/** Each step makes new results of those before it; the first has the object itself. */
export type Step =
  | { kind: 'text'; text: string }
  | { kind: 'number'; value: number | bigint; whole: boolean }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'field'; name: string }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number | undefined; single: boolean }
  | { kind: 'wildcard' }
  /** `..` */
  | { kind: 'descendants' }
  | { kind: 'union'; parts: readonly (readonly Step[])[] }
  | { kind: 'filter'; left: readonly Step[]; test: FilterTest | undefined };

export interface FilterTest {
  operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
  right: readonly Step[];
}

/** The template, or what it is applied to, is wrong; the message continues a sentence about the template. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}
