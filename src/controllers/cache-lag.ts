/** Tells whether a cache shows what a controller itself wrote, so that it does not act twice on what it cannot see yet. */
import type { KubeObject } from '../api/object.ts';
import type { Informer } from '../client/cluster-client.ts';
import { objectKey } from '../client/object-key.ts';

/** After this time the cache is believed, whatever was written: somebody else changed the object since. */
const patienceMs = 5_000;

export class CacheLag {
  readonly #informer: Informer<KubeObject>;
  /** By the controller's own key: objects written, with the version to wait for; '' for a deletion. */
  readonly #written = new Map<string, { at: number; versions: Map<string, string> }>();

  constructor(informer: Informer<KubeObject>) {
    this.#informer = informer;
  }

  wrote(key: string, object: KubeObject): void {
    this.#note(key, objectKey(object), object.metadata.resourceVersion ?? '');
  }

  deleted(key: string, object: KubeObject): void {
    this.#note(key, objectKey(object), '');
  }

  /** True while something that was written under this key is not in the cache. */
  behind(key: string): boolean {
    const written = this.#written.get(key);
    if (written === undefined) return false;
    for (const [name, version] of written.versions) {
      const cached = this.#informer.get(name)?.metadata.resourceVersion;
      const shown = version === '' ? cached === undefined : cached !== undefined && Number(cached) >= Number(version);
      if (shown) written.versions.delete(name);
    }
    if (written.versions.size > 0 && Date.now() - written.at < patienceMs) return true;
    this.#written.delete(key);
    return false;
  }

  #note(key: string, name: string, version: string): void {
    const written = this.#written.get(key) ?? { at: 0, versions: new Map<string, string>() };
    written.at = Date.now();
    written.versions.set(name, version);
    this.#written.set(key, written);
  }
}
