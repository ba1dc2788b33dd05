/** Runs the admission plugins at their places in a write, and ends reservations whatever becomes of it. */
import type { AdmissionAttributes, AdmissionPlugin, ReservationEnd } from '../admission/admission.ts';

export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #attributes: AdmissionAttributes;
  readonly #ends: ReservationEnd[] = [];

  constructor(plugins: readonly AdmissionPlugin[], attributes: AdmissionAttributes) {
    this.#plugins = plugins;
    this.#attributes = attributes;
  }

  async admit(): Promise<void> {
    for (const plugin of this.#plugins) if (plugin.admit !== undefined) await plugin.admit(this.#attributes);
  }

  async reserve(): Promise<void> {
    for (const plugin of this.#plugins) {
      const end = await plugin.reserve?.(this.#attributes);
      if (end !== undefined) this.#ends.push(end);
    }
  }

  async validate(): Promise<void> {
    for (const plugin of this.#plugins) if (plugin.validate !== undefined) await plugin.validate(this.#attributes);
  }

  /** Must be called once, at the end. */
  end(stored: boolean): void {
    for (const end of this.#ends.splice(0)) end(stored);
  }
}
