/** Turns events of the watch cache into the lines of one client's watch: its selectors, its form, its event types. */
import type { WatchEventType } from '../../api/object.ts';
import type { StatusError } from '../../api/status.ts';
import type { ServedResource } from '../served-resource.ts';
import type { CacheEvent } from '../storage/cache-watcher.ts';
import type { StoredObject } from '../stored-object.ts';
import { metadataOf, tableOf } from '../table/table.ts';
import type { View } from '../view.ts';
import type { Selection } from './selection.ts';

const NEWLINE = Buffer.from('}\n');
const OPENINGS: Readonly<Record<WatchEventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
  ERROR: Buffer.from('{"type":"ERROR","object":'),
};
const INITIAL_END = { 'k8s.io/initial-events-end': 'true' };

/** One event as JSON in UTF-8, its newline included: these pieces, one after the other. */
export type WatchLine = readonly [opening: Uint8Array, object: Uint8Array, ending: Uint8Array];

interface WatchEncoderOptions {
  served: ServedResource;
  view: View;
  selection: Selection | undefined;
  now(): Date;
}

export class WatchEncoder {
  readonly #served: ServedResource;
  readonly #view: View;
  readonly #selection: Selection | undefined;
  readonly #now: () => Date;
  #columnsSent = false;

  constructor({ served, view, selection, now }: WatchEncoderOptions) {
    this.#served = served;
    this.#view = view;
    this.#selection = selection;
    this.#now = now;
  }

  /** The lines of a batch, none if nothing of it is for this client. */
  encode(batch: readonly CacheEvent[], allowed: { bookmarks: boolean; markInitial: boolean }): WatchLine[] {
    const lines: WatchLine[] = [];
    for (const event of batch) {
      if (event.type === 'progress') {
        const marked = event.initialEventsEnd === true;
        if (marked ? allowed.markInitial : allowed.bookmarks) this.#bookmark(lines, event.revision, marked);
      } else this.#change(lines, event);
    }
    return lines;
  }

  error(error: StatusError): WatchLine {
    return [OPENINGS.ERROR, Buffer.from(JSON.stringify(error.status)), NEWLINE];
  }

  /** To a client, an object that begins or ceases to match its selectors is added or deleted. */
  #change(lines: WatchLine[], event: Exclude<CacheEvent, { type: 'progress' }>): void {
    const { current, previous } = event;
    const selected = (stored: StoredObject) => this.#selection === undefined || this.#selection(stored);
    if (event.type === 'delete') {
      if (selected(previous ?? current)) this.#line(lines, 'DELETED', current);
      return;
    }
    const now = selected(current);
    const before = previous !== undefined && selected(previous);
    if (now) this.#line(lines, before ? 'MODIFIED' : 'ADDED', current);
    else if (before) this.#line(lines, 'DELETED', withRevision(previous, event.revision));
  }

  #line(lines: WatchLine[], type: WatchEventType, stored: StoredObject): void {
    const raw = this.#view.as === 'whole';
    lines.push([OPENINGS[type], raw ? stored.bytes : Buffer.from(JSON.stringify(this.#shown(stored))), NEWLINE]);
  }

  #shown(stored: StoredObject): object {
    if (this.#view.as === 'metadata') return metadataOf(stored.object);
    const withColumns = !this.#columnsSent;
    this.#columnsSent = true;
    return tableOf({
      definition: this.#served.definition,
      objects: [stored.object],
      includeObject: this.#view.includeObject,
      metadata: { resourceVersion: String(stored.revision) },
      now: this.#now(),
      withColumns,
    });
  }

  #bookmark(lines: WatchLine[], revision: number, initialEnd: boolean): void {
    const metadata = {
      resourceVersion: String(revision),
      ...(initialEnd ? { annotations: INITIAL_END } : {}),
    };
    const { definition, apiVersion } = this.#served;
    const object = { kind: definition.kind, apiVersion, metadata };
    const shown =
      this.#view.as === 'whole'
        ? object
        : this.#view.as === 'metadata'
          ? metadataOf(object)
          : {
              kind: 'Table',
              apiVersion: 'meta.k8s.io/v1',
              metadata: { resourceVersion: String(revision) },
              columnDefinitions: null,
              rows: [{ cells: [], object: metadataOf(object) }],
            };
    lines.push([OPENINGS.BOOKMARK, Buffer.from(JSON.stringify(shown)), NEWLINE]);
  }
}

function withRevision({ key, object }: StoredObject, revision: number): StoredObject {
  const shown = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
  return { key, revision, object: shown, bytes: Buffer.from(JSON.stringify(shown)) };
}
