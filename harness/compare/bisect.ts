import type { Backend, Feeds, ModelState, Session, SessionOptions } from '../../backends/contract.ts';
import { byOneUlp, moves, resolution } from '../../ml/optim/ulp.ts';
import { tensorIn, tensorsOf } from '../record/trace.ts';
import { type Course, follow, type Step } from './course.ts';
import { type Allowance, differenceOf } from './difference.ts';
import type { Bisection, Finding, SideName, TensorDifference } from './finding.ts';
import { firstDifference, tap } from './taps.ts';
import { factor } from './types.ts';

/** A run: what computes it, and its training. */
export interface Side {
  backend: Backend;
  options: SessionOptions;
  course: Course;
}

/** Two runs whose states have the same tensors. */
export type Sides = Record<SideName, Side>;

/**
 * Takes two sides along their trainings, side by side, to the first difference, and looks into that step. In bits that is
 * where their states differ; beyond rounding it is where their losses are further apart than `factor` times what one unit in
 * the last place of the weights makes on side A.
 */
export async function bisect(
  sides: Sides,
  judged: Bisection['judged'],
  onProgress: (message: string) => void,
): Promise<Bisection> {
  const sessions = {
    A: await open(sides.A),
    B: await open(sides.B),
  };
  try {
    const search = new Search(sides, sessions, onProgress);
    const finding = judged === 'bits' ? await search.inBits() : await search.beyondRounding();
    const engines = { A: sessions.A.info, B: sessions.B.info };
    return { steps: search.steps, judged, engines, finding };
  } finally {
    await sessions.A.close();
    await sessions.B.close();
  }
}

/** A step of both sides, and the state of A before it. */
interface Moment {
  step: number;
  before: ModelState;
  given: Record<SideName, { feeds: Feeds; rate: number }>;
}

class Search {
  steps = 0;
  readonly #sides: Sides;
  readonly #sessions: Record<SideName, Session>;
  readonly #say: (message: string) => void;

  constructor(sides: Sides, sessions: Record<SideName, Session>, say: (message: string) => void) {
    this.#sides = sides;
    this.#sessions = sessions;
    this.#say = say;
  }

  async inBits(): Promise<Finding | null> {
    const { A, B } = this.#sides;
    const start = this.#tensors(A.course.start, B.course.start);
    if (start.length > 0) return this.#finding(0, 'start', start);
    let before = A.course.start;
    for await (const both of this.#together()) {
      const after = { A: await this.#sessions.A.getState(), B: await this.#sessions.B.getState() };
      const tensors = this.#tensors(after.A, after.B);
      if (tensors.length > 0) return this.#lookInto(momentOf(both, before), after, tensors);
      before = after.A;
    }
    return null;
  }

  async beyondRounding(): Promise<Finding | null> {
    const { A, B } = this.#sides;
    const start = this.#tensors(A.course.start, B.course.start);
    if (start.length > 0) return this.#finding(0, 'start', start);
    this.#say('A twice, with its weights moved by one ULP ...');
    const moved = await this.#movedLosses();
    let gap = 0;
    let before = A.course.start;
    let last: Moment | null = null;
    for await (const both of this.#together()) {
      const { step, loss } = both.A;
      for (const losses of moved) gap = Math.max(gap, Math.abs(losses[step - 1]! - loss) || 0);
      const now = momentOf(both, before);
      const allowed = factor * Math.max(gap, resolution(loss));
      if (!(Math.abs(both.B.loss - loss) <= allowed)) return this.#lookBeyondRounding(last, now);
      last = now;
      before = await this.#sessions.A.getState();
    }
    return null;
  }

  /** Both sides step by step, as long as both go on. */
  async *#together(): AsyncGenerator<Record<SideName, Step>> {
    const [a, b] = [
      follow(this.#sessions.A, this.#sides.A.course),
      follow(this.#sessions.B, this.#sides.B.course),
    ];
    const total = Math.min(this.#sides.A.course.steps, this.#sides.B.course.steps);
    let told = performance.now();
    while (true) {
      const [A, B] = [await a.next(), await b.next()];
      if (A.done || B.done) return;
      this.steps = A.value.step;
      if (performance.now() - told > 10_000) {
        told = performance.now();
        this.#say(`step ${this.steps} of ${total} ...`);
      }
      yield { A: A.value, B: B.value };
    }
  }

  async #movedLosses(): Promise<number[][]> {
    const { course } = this.#sides.A;
    const all: number[][] = [];
    for (const move of moves) {
      const losses: number[] = [];
      const start = byOneUlp(course.start, move);
      for await (const { loss } of follow(this.#sessions.A, course, { start })) losses.push(loss);
      all.push(losses);
    }
    return all;
  }

  /** A step after which states differ, from one before which they do not. */
  async #lookInto(
    moment: Moment,
    after: Record<SideName, ModelState>,
    tensors: TensorDifference[],
  ): Promise<Finding> {
    const { step, before, given } = moment;
    const inputs = inputsThatDiffer(given);
    if (inputs.length > 0) return { ...this.#finding(step, 'input', tensors), inputs };
    this.#say(`step ${step} again, on both sides from the state before it ...`);
    const again = await this.#again(moment, before);
    if (this.#tensors(again.A, again.B).length === 0) {
      const disturbed = (['A', 'B'] as const).filter(
        side => this.#tensors(after[side], again[side]).length > 0,
      );
      return {
        ...this.#finding(step, 'fault', tensors),
        disturbed: disturbed.length === 1 ? disturbed[0]! : null,
      };
    }
    return this.#tapped(moment, tensors, null);
  }

  /** The step whose update shows in the losses, or the one whose loss it is. */
  async #lookBeyondRounding(last: Moment | null, now: Moment): Promise<Finding> {
    for (const moment of [last, now]) {
      if (!moment) continue;
      const { step, before, given } = moment;
      const inputs = inputsThatDiffer(given);
      if (inputs.length > 0) return { ...this.#finding(step, 'input', []), inputs };
      this.#say(`step ${step} again, on both sides from the state of A before it ...`);
      const again = await this.#again(moment, before);
      const moved = byOneUlp(before, moves[1]!);
      const tensors = this.#tensors(again.A, again.B, await this.#stepOf('A', moment, moved));
      if (tensors.length > 0) return this.#tapped(moment, tensors, moved);
    }
    // The step alone is as it should be: what was too far apart had grown over several.
    return this.#finding(now.step, 'step', []);
  }

  /** The finding with the first value that differs; beyond rounding where a moved state is given. */
  async #tapped(moment: Moment, tensors: TensorDifference[], moved: ModelState | null): Promise<Finding> {
    const { step, before, given } = moment;
    const of = (side: SideName, state: ModelState) => {
      const { backend, options, course } = this.#sides[side];
      return tap(backend, course.program, state, given[side].feeds, options);
    };
    const [a, b] = [await of('A', before), await of('B', before)];
    if (!a || !b) return this.#finding(step, 'step', tensors);
    const value = firstDifference(this.#sides.A.course.program, a, b, moved && (await of('A', moved)));
    return { ...this.#finding(step, value ? 'operator' : 'update', tensors), value };
  }

  async #again(moment: Moment, before: ModelState): Promise<Record<SideName, ModelState>> {
    return { A: await this.#stepOf('A', moment, before), B: await this.#stepOf('B', moment, before) };
  }

  async #stepOf(side: SideName, { given }: Moment, before: ModelState): Promise<ModelState> {
    const session = this.#sessions[side];
    await session.setState(before);
    await session.step(given[side].feeds, given[side].rate);
    return session.getState();
  }

  /** The tensors of two states that differ; beyond rounding where a moved one is given. */
  #tensors(a: ModelState, b: ModelState, moved: ModelState | null = null): TensorDifference[] {
    return tensorsOf(this.#sides.A.course.program).flatMap(tensor => {
      const least = leastOf[tensor.vector];
      const allowance: Allowance = moved && { moved: tensorIn(moved, tensor), least };
      const found = differenceOf(tensorIn(a, tensor), tensorIn(b, tensor), allowance);
      return found ? [{ name: tensor.name, ...found }] : [];
    });
  }

  #finding(step: number, cause: Finding['cause'], tensors: TensorDifference[]): Finding {
    const of = tensorsOf(this.#sides.A.course.program).length;
    return { step, cause, inputs: [], disturbed: null, value: null, tensors, of };
  }
}

/** What rounding may move of a tensor in one step: a flipped ReLU moves gradients, and weights by a hundredth of that. */
const leastOf = { statistics: 1e-5, velocity: 1e-2, parameters: 1e-4 } as const;

function open({ backend, options, course }: Side): Promise<Session> {
  return backend.open(course.program, options);
}

function momentOf({ A, B }: Record<SideName, Step>, before: ModelState): Moment {
  return { step: A.step, before, given: { A: kept(A), B: kept(B) } };
}

/** A batch is only lent until the next step. */
function kept({ feeds, rate }: Step): { feeds: Feeds; rate: number } {
  const copies = Object.entries(feeds).map(([name, values]) => [name, values.slice()]);
  return { feeds: Object.fromEntries(copies) as Feeds, rate };
}

function inputsThatDiffer({ A, B }: Moment['given']): string[] {
  const arrays = Object.keys(A.feeds).filter(name => differenceOf(A.feeds[name]!, B.feeds[name]!));
  return [...arrays, ...(A.rate === B.rate ? [] : ['learning rate'])];
}
