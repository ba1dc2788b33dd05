/** Where the nodes of a YAML document lie in its text. */
import type { Node } from 'yaml';

/** The text cannot be edited; the message continues "FILE cannot be changed: ". */
export class UneditableText extends Error {
  override readonly name = 'UneditableText';
}

export function rangeOf(node: Node | undefined): readonly [number, number] {
  if (!node?.range) throw new UneditableText('its layout is not understood');
  return [node.range[0], node.range[1]];
}

/** Where the node's last visible character ends: a block's range may reach over the empty lines after it. */
export function contentEnd(text: string, node: Node): number {
  const [start, end] = rangeOf(node);
  return start + text.slice(start, end).trimEnd().length;
}

/** The beginning of the next line. */
export function lineEnd(text: string, position: number): number {
  const found = text.indexOf('\n', position);
  return found < 0 ? text.length : found + 1;
}

export function columnOf(text: string, position: number): number {
  return position - (text.lastIndexOf('\n', position - 1) + 1);
}
