import type { EvaluationEvent, PlannedEvaluation } from '../../harness/execute/pretrained.ts';
import { networkName } from '../../ml/nets/spec.ts';
import { duration, percent } from '../format.ts';
import { isLive } from './display.ts';

/** Shows evaluations while they go on, as `Display` shows trainings. */
export interface EvaluationDisplay {
  show(evaluation: PlannedEvaluation, event: EvaluationEvent): void;
  say(text: string): void;
  /** Ends the display; what is shown stays. */
  close(): Promise<void>;
}

/** Seconds between two plain lines about the progress of one evaluation. */
const interval = 10;

/** A live line for each evaluation on a terminal; plain lines elsewhere, on standard error under `--json`. */
export async function openEvaluationDisplay(
  planned: readonly PlannedEvaluation[],
  json: boolean,
): Promise<EvaluationDisplay> {
  const pace = new Pace();
  if (isLive(json)) return liveDisplay(planned, pace);
  const stream = json ? process.stderr : process.stdout;
  return linesDisplay(pace, line => stream.write(`${line}\n`));
}

/** `ResNet-50, released weights, table3`. */
export function evaluationName({ weights, target }: PlannedEvaluation): string {
  return `${networkName(weights.network)}, released weights, ${target}`;
}

/** `1200 of 50000 images`. */
export function imagesDone({ index, state }: PlannedEvaluation, images?: number): string {
  const done = images ?? (state.is === 'resumable' ? state.images : 0);
  return `${done} of ${index.count} images`;
}

/** Tells how long what remains will take, from the speed since an evaluation was taken up. */
class Pace {
  readonly #clock: () => number;
  readonly #begun = new Map<string, { images: number; since: number }>();

  constructor(clock = () => performance.now() / 1000) {
    this.#clock = clock;
  }

  begin({ key, state }: PlannedEvaluation): void {
    if (this.#begun.has(key)) return;
    this.#begun.set(key, { images: state.is === 'resumable' ? state.images : 0, since: this.#clock() });
  }

  /** `1200 of 50000 images, 812 ms/image, about 3 h left`. */
  standing(evaluation: PlannedEvaluation, images: number): string {
    const begun = this.#begun.get(evaluation.key)!;
    const seconds = (this.#clock() - begun.since) / Math.max(1, images - begun.images);
    const left = evaluation.index.count - images;
    const rest = left > 0 ? `, about ${duration(left * seconds)} left` : '';
    return `${imagesDone(evaluation, images)}, ${(1000 * seconds).toFixed(0)} ms/image${rest}`;
  }
}

function linesDisplay(pace: Pace, write: (line: string) => void): EvaluationDisplay {
  const spoken = new Map<string, number>();
  return {
    show(evaluation, event) {
      const text = describe(evaluation, event, pace);
      const now = performance.now() / 1000;
      if (event.type === 'progress') {
        if (now - (spoken.get(evaluation.key) ?? Number.NEGATIVE_INFINITY) < interval) return;
        spoken.set(evaluation.key, now);
      }
      write(`${evaluationName(evaluation)}: ${text}`);
    },
    say: write,
    close: async () => {},
  };
}

async function liveDisplay(planned: readonly PlannedEvaluation[], pace: Pace): Promise<EvaluationDisplay> {
  const { Line, runLines } = await import('./tree.ts');
  const lines = new Map(planned.map(each => [each.key, new Line(evaluationName(each))]));
  const whole = new Line('');
  const { end } = await runLines([...lines.values(), whole]);
  let finished = 0;
  const count = () =>
    whole.set(`${finished} of ${planned.length} evaluation${planned.length === 1 ? '' : 's'} finished`);
  count();
  return {
    show(evaluation, event) {
      const line = lines.get(evaluation.key)!;
      line.set(describe(evaluation, event, pace));
      if (event.type !== 'done') return;
      line.finish();
      finished++;
      count();
    },
    say: text => whole.below(text),
    async close() {
      for (const line of lines.values()) line.leave();
      whole.finish();
      await end;
    },
  };
}

function describe(evaluation: PlannedEvaluation, event: EvaluationEvent, pace: Pace): string {
  switch (event.type) {
    case 'waiting':
      return `waiting for process ${event.forProcess}, which is at this evaluation`;
    case 'started':
      pace.begin(evaluation);
      return evaluation.state.is === 'resumable'
        ? `resumed at ${imagesDone(evaluation)}`
        : `started, ${evaluation.index.count} images`;
    case 'progress':
      return pace.standing(evaluation, event.images);
    case 'done': {
      const how = event.how === 'recorded' ? 'found recorded' : 'finished';
      return `${how}, top-1 error ${percent(event.top1)}, top-5 error ${percent(event.top5)}`;
    }
  }
}
