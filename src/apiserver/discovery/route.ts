/** Answering what is no resource: discovery, health, version, metrics and whatever else is mounted. */
import type { Exchange } from '../exchange.ts';

/** Answers the request, or undefined when the path is not its own. */
export type PathHandler = (exchange: Exchange) => Promise<void> | undefined;

/** The path's parts, without empty ones at the ends. */
export function pathParts(path: string): string[] {
  return path.replace(/^\/|\/$/g, '').split('/');
}
