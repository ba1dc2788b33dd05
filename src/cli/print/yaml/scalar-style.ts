/** How a string is written so that it is read back as that string: libyaml's choice, as kubectl has it. */
import { isOtherPlain } from './resolve.ts';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

/** Line breaks of YAML 1.1. */
export function isBreak(character: string | undefined): boolean {
  return character !== undefined && /^[\n\r\u0085\u2028\u2029]$/.test(character);
}

/** What stands in the output as it is. */
export function isPrintable(character: string): boolean {
  return /^[\n\u0020-\u007e\u00a0-\ufefe\uff00-\ufffd]$/.test(character);
}

/** `isKey`: it has to fit on one line. */
export function scalarStyle(text: string, { isKey }: { isKey: boolean }): ScalarStyle {
  const { plain, single, literal, isMultiline } = allowed(text);
  if (isKey && isMultiline) return 'double';
  if (text.includes('\n')) return literal && !isKey ? 'literal' : 'double';
  if (isOtherPlain(text)) return 'double';
  if (plain) return 'plain';
  return single ? 'single' : 'double';
}

function allowed(text: string): Record<'plain' | 'single' | 'literal' | 'isMultiline', boolean> {
  const isSpecial = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/.test(text);
  const isMultiline = /[\n\r\u0085\u2028\u2029]/.test(text);
  const spaceThenBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  const breakThenSpace = /[\n\r\u0085\u2028\u2029] /.test(text);
  const isPadded = /^ | $/.test(text);
  return {
    plain: !isSpecial && !isMultiline && !isPadded && !hasIndicators(text),
    single: !isSpecial && !spaceThenBreak && !breakThenSpace,
    literal: !isSpecial && !spaceThenBreak && !text.endsWith(' '),
    isMultiline,
  };
}

/** Marks of other things: at the beginning, `: ` within, and a comment's `#` after a blank. */
function hasIndicators(text: string): boolean {
  return /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t]|$))|:(?:[ \t]|$)|[ \t]#/.test(text);
}
