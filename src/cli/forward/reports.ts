/** How the forwards are told: a live table on a terminal, lines elsewhere, events as JSON for programs. */
import { oncePer } from '../../lib/once-per.ts';
import type { CommandIo } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';
import type { ForwardState, ForwardStatus } from './forward.ts';

export interface ForwardReport {
  /** All of them, when each listens or has failed. */
  started(all: () => readonly ForwardStatus[]): void;
  /** `status` is the one that did; absent: some are no more. */
  changed(status?: ForwardStatus): void;
  failure(status: ForwardStatus, why: string): void;
  end(): void;
}

export function openReport(io: CommandIo, format: 'json' | undefined): ForwardReport {
  if (format === 'json') return new JsonReport(io);
  return io.stdout.isTTY === true ? new LiveTable(io) : new Lines(io);
}

export function stateText(state: ForwardState): string {
  if (state.kind === 'ready')
    return `${state.pods.length} ready: ${state.pods.slice(0, 4).join(', ')}${state.pods.length > 4 ? ', ...' : ''}`;
  if (state.kind === 'down') return `down: ${state.why}`;
  if (state.kind === 'failed') return `FAILED: ${state.why}`;
  return 'starting';
}

/** With its local port, where it has one. */
function nameOf({ to, local }: ForwardStatus): string {
  return local === 0 ? to : `${to} (localhost:${local})`;
}

/** A client that tries again and again is told of once in this time. */
const silenceMs = 10_000;

/** Tells each change of state once; of connections only those that fail. */
class Lines implements ForwardReport {
  readonly #io: CommandIo;
  readonly #failures = new Map<string, (why: string) => void>();
  readonly #told = new Map<string, string>();
  #begun = false;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  started(all: () => readonly ForwardStatus[]): void {
    this.#begun = true;
    for (const status of all()) {
      if (status.state.kind !== 'failed')
        this.#io.stdout.write(escapeControls(`Forwarding localhost:${status.local} to ${status.to}\n`));
      this.changed(status);
    }
  }

  changed(status?: ForwardStatus): void {
    if (status === undefined) return;
    const text = stateText(status.state);
    const key = `${status.to}=${status.local}`;
    if (!this.#begun || status.state.kind === 'starting' || this.#told.get(key) === text) return;
    this.#told.set(key, text);
    this.#io.stdout.write(escapeControls(`${nameOf(status)}: ${text}\n`));
  }

  failure(status: ForwardStatus, why: string): void {
    const key = `${status.to}=${status.local}`;
    const tell =
      this.#failures.get(key) ??
      oncePer(silenceMs, (text) => {
        this.#io.stderr.write(escapeControls(`${nameOf(status)}: a connection failed: ${text}\n`));
      });
    this.#failures.set(key, tell);
    tell(why);
  }

  end(): void {}
}

/** One JSON object a line: `listening`, `state`, `failure`. */
class JsonReport implements ForwardReport {
  readonly #io: CommandIo;
  readonly #told = new Map<string, string>();
  #begun = false;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  started(all: () => readonly ForwardStatus[]): void {
    this.#begun = true;
    for (const status of all()) {
      const { to, local, state } = status;
      if (state.kind !== 'failed') this.#write({ event: 'listening', to, local });
      this.changed(status);
    }
  }

  changed(status?: ForwardStatus): void {
    if (status === undefined) return;
    const { to, local, state } = status;
    const { kind, ...more } = state;
    const text = JSON.stringify(state);
    const key = `${to}=${local}`;
    if (!this.#begun || kind === 'starting' || this.#told.get(key) === text) return;
    this.#told.set(key, text);
    this.#write({ event: 'state', to, local, state: kind, ...more, connections: status.connections });
  }

  failure({ to, local, connections }: ForwardStatus, why: string): void {
    this.#write({ event: 'failure', to, local, why, connections });
  }

  end(): void {}

  #write(event: object): void {
    this.#io.stdout.write(`${JSON.stringify(event)}\n`);
  }
}

/** Drawn anew in its place, at most so often. */
const drawMs = 100;

class LiveTable implements ForwardReport {
  readonly #io: CommandIo;
  #all: (() => readonly ForwardStatus[]) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lines = 0;
  readonly #failures = new Map<string, string>();

  constructor(io: CommandIo) {
    this.#io = io;
  }

  started(all: () => readonly ForwardStatus[]): void {
    this.#all = all;
    this.#draw();
  }

  changed(): void {
    if (this.#all === undefined) return;
    this.#timer ??= setTimeout(() => this.#draw(), drawMs);
  }

  failure(status: ForwardStatus, why: string): void {
    this.#failures.set(status.to, why);
    this.changed();
  }

  end(): void {
    clearTimeout(this.#timer);
    if (this.#all !== undefined) this.#draw();
  }

  #draw(): void {
    this.#timer = undefined;
    const all = this.#all?.() ?? [];
    const rows = all.map(({ to, local, state, connections }) => {
      const failure = this.#failures.get(to);
      const last = failure === undefined || state.kind !== 'ready' ? '' : ` (last failure: ${failure})`;
      const count = `${connections.open} of ${connections.total}${connections.failed === 0 ? '' : `, ${connections.failed} failed`}`;
      return [state.kind === 'failed' ? '-' : `localhost:${local}`, to, count, `${stateText(state)}${last}`].map(
        cellText,
      );
    });
    const text = new TableLayout().lines([['LOCAL', 'TO', 'CONNECTIONS', 'STATE'], ...rows]);
    const width = this.#io.stdout.columns ?? 80;
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => [...line].slice(0, width - 1).join(''));
    const up = this.#lines === 0 ? '' : `\u001b[${this.#lines}A\u001b[J`;
    this.#io.stdout.write(`${up}${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }
}
