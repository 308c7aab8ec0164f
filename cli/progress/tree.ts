import type { DefaultRenderer, ListrTaskWrapper, SimpleRenderer } from 'listr2';
import type { PlannedJob } from '../../harness/plan/types.ts';
import { duration, jobName } from '../format.ts';
import type { Estimate } from './estimate.ts';
import type { Display } from './types.ts';
import { describe, overall, standing } from './words.ts';

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** A live tree on the terminal: a line for each run, and one for the whole below them. */
export async function openTree(jobs: readonly PlannedJob[], estimate: Estimate): Promise<Display> {
  const width = Math.max(...jobs.map(job => jobName(job).length));
  const lines = new Map(jobs.map(job => [job.key, new Line(jobName(job).padEnd(width))]));
  const whole = new Line('');
  const { end } = await runLines([...lines.values(), whole]);
  const showWhole = () => whole.set(overall(estimate));
  const timer = setInterval(showWhole, 1000);
  showWhole();
  return {
    show(event) {
      const progress = estimate.follow(event);
      const line = lines.get(event.key)!;
      const seconds = estimate.secondsOf(progress);
      const left = seconds === null ? '' : `, about ${duration(seconds)} left`;
      const text = event.type === 'progress' ? `${standing(progress)}${left}` : describe(event, progress);
      if (text !== null) line.set(text);
      if (event.type === 'died') line.below(event.lastLines.join('\n'));
      if (event.type === 'done') line.finish();
      if (event.type === 'failed') line.fail(event.message);
      showWhole();
    },
    say: text => whole.below(text),
    async close() {
      clearInterval(timer);
      for (const line of lines.values()) line.leave();
      whole.finish();
      await end;
    },
  };
}

/** Shows lines below each other; `end` comes when all of them have ended. */
export async function runLines(lines: readonly Line[]): Promise<{ end: Promise<unknown> }> {
  const { Listr } = await import('listr2');
  const listr = new Listr(
    lines.map(line => ({
      title: line.title('queued'),
      task: (_: unknown, task: Task) => line.hold(task),
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { formatOutput: 'truncate', collapseErrors: false },
    },
  );
  return { end: listr.run() };
}

/** A line of the tree. Its task lasts until the run has ended or the display is closed. */
export class Line {
  readonly #name: string;
  readonly #over: Promise<void>;
  #task: Task | null = null;
  #text = 'queued';
  #finish!: () => void;
  #fail!: (error: Error) => void;

  constructor(name: string) {
    this.#name = name;
    this.#over = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
  }

  hold(task: Task): Promise<void> {
    this.#task = task;
    task.title = this.title(this.#text);
    return this.#over;
  }

  title(text: string): string {
    return this.#name === '' ? text : `${this.#name}  ${text}`;
  }

  set(text: string): void {
    this.#text = text;
    if (this.#task) this.#task.title = this.title(text);
  }

  below(text: string): void {
    if (this.#task) this.#task.output = text;
  }

  finish(): void {
    this.#finish();
  }

  fail(message: string): void {
    this.#fail(new Error(message));
  }

  /** For a run that is neither finished nor failed when the display closes. */
  leave(): void {
    if (this.#task?.task.isPending() ?? false) this.#task!.skip(this.title(this.#text));
    this.#finish();
  }
}
