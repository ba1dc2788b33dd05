/**
 * Regular expressions as Go's `regexp` package has them, matched in time linear in the text: every way on is followed at
 * once, so that no pattern and no text can make it run away.
 */
import { parsePattern } from './parse.ts';
import type { Assertion, Syntax } from './syntax.ts';
import { PatternError } from './syntax.ts';

type Step =
  | { kind: 'character'; matches(codePoint: number): boolean; next: number }
  | { kind: 'assertion'; assertion: Assertion; next: number }
  | { kind: 'fork'; next: number; other: number }
  | { kind: 'match' };

const maxSteps = 20_000;

export class GoPattern {
  /** As it was written. */
  readonly source: string;
  readonly #steps: readonly Step[];
  readonly #start: number;

  /** Throws PatternError. */
  constructor(source: string) {
    this.source = source;
    const program = new Program();
    this.#start = program.add(parsePattern(source), program.push({ kind: 'match' }));
    this.#steps = program.steps;
  }

  /** True where some part of the text matches. */
  test(text: string): boolean {
    const points = [...text].map((character) => character.codePointAt(0) ?? 0);
    const seen = new Int32Array(this.#steps.length).fill(-1);
    let now: number[] = [];
    for (let at = 0; ; at++) {
      // A match may begin anywhere.
      if (this.#reach(this.#start, { points, at, seen, into: now })) return true;
      const point = points[at];
      if (point === undefined) return false;
      const next: number[] = [];
      for (const index of now) {
        const step = this.#steps[index];
        if (step?.kind !== 'character' || !step.matches(point)) continue;
        if (this.#reach(step.next, { points, at: at + 1, seen, into: next })) return true;
      }
      now = next;
    }
  }

  /** Adds every step that waits for a character and is reached from here without one. True: the match is reached. */
  #reach(from: number, { points, at, seen, into }: Reach): boolean {
    const open = [from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seen[index] === at) continue;
      seen[index] = at;
      const step = this.#steps[index];
      if (step === undefined) continue;
      if (step.kind === 'match') return true;
      if (step.kind === 'character') into.push(index);
      else if (step.kind === 'fork') open.push(step.other, step.next);
      else if (holds(step.assertion, points[at - 1], points[at])) open.push(step.next);
    }
    return false;
  }
}

interface Reach {
  points: readonly number[];
  at: number;
  /** By step: the position at which it was reached last. */
  seen: Int32Array;
  into: number[];
}

function holds(assertion: Assertion, before: number | undefined, after: number | undefined): boolean {
  switch (assertion) {
    case 'begin-text':
      return before === undefined;
    case 'end-text':
      return after === undefined;
    case 'begin-line':
      return before === undefined || before === 10;
    case 'end-line':
      return after === undefined || after === 10;
    case 'word-boundary':
      return isWord(before) !== isWord(after);
    case 'no-word-boundary':
      return isWord(before) === isWord(after);
  }
}

function isWord(point: number | undefined): boolean {
  return point !== undefined && point < 128 && /\w/.test(String.fromCharCode(point));
}

/** Built from the end to the beginning: every step knows where it goes on. */
class Program {
  readonly steps: Step[] = [];

  push(step: Step): number {
    if (this.steps.length >= maxSteps) throw new PatternError('expression too large');
    return this.steps.push(step) - 1;
  }

  /** Adds the steps of `syntax`, which go on at `next`; gives where they begin. */
  add(syntax: Syntax, next: number): number {
    switch (syntax.kind) {
      case 'empty':
        return next;
      case 'character':
        return this.push({ kind: 'character', matches: syntax.matches, next });
      case 'assertion':
        return this.push({ kind: 'assertion', assertion: syntax.assertion, next });
      case 'sequence':
        return syntax.parts.reduceRight((after, part) => this.add(part, after), next);
      case 'alternatives':
        return syntax.parts
          .map((part) => this.add(part, next))
          .reduce((other, start) => this.push({ kind: 'fork', next: start, other }));
      case 'repetition':
        return this.#repeat(syntax, next);
    }
  }

  #repeat({ of, min, max }: Extract<Syntax, { kind: 'repetition' }>, next: number): number {
    let start = next;
    if (max === undefined) {
      const loop: Step = { kind: 'fork', next, other: next };
      start = this.push(loop);
      loop.next = this.add(of, start);
    } else {
      for (let i = min; i < max; i++) start = this.push({ kind: 'fork', next: this.add(of, start), other: next });
    }
    for (let i = 0; i < min; i++) start = this.add(of, start);
    return start;
  }
}
