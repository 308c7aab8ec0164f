import { exitCodes } from '../ml/errors.ts';
import { elements } from '../ml/graph/ops.ts';
import {
  type EvaluationGraph,
  type EvaluationName,
  type Feeds,
  type InputSpec,
  type ModelState,
  type Program,
  totalSize,
} from '../ml/program.ts';
import { type Backend, BackendError, type SessionOptions } from './contract.ts';

/** Refuses a device or a variant that a backend does not have, and replicas where it has none. */
export function checkOptions(
  { id, capabilities }: Pick<Backend, 'id' | 'capabilities'>,
  { device, variant }: SessionOptions,
  program?: Program,
): void {
  if (program && program.replicas > 1 && !capabilities.replicas) {
    throw new BackendError(`${id} cannot share a batch between ${program.replicas} replicas`, {
      fix: '--backend torch',
      exitCode: exitCodes.usage,
    });
  }
  checkChoice(id, 'device', device, capabilities.devices);
  checkChoice(id, 'variant', variant, capabilities.variants);
  const on = device ?? capabilities.devices[0]!;
  const own = capabilities.variantsOn?.[on];
  if (own) checkChoice(`${id} on ${on}`, 'variant', variant, own);
}

/** Refuses feeds that are not what `inputs` ask for, or are no indices of what there is; other names are passed over. */
export function checkFeeds(inputs: Readonly<Record<string, InputSpec>>, feeds: Feeds): void {
  for (const [name, { type, shape, below }] of Object.entries(inputs)) {
    const feed = feeds[name];
    if (!feed || typeOf(feed) !== type || feed.length !== elements(shape)) {
      const expected = `${elements(shape)} ${type} values of shape [${shape.join(', ')}]`;
      throw new BackendError(`${name}: expected ${expected}, received ${described(feed)}`);
    }
    const wrong = below === undefined ? undefined : feed.find(index => index < 0 || index >= below);
    if (wrong === undefined) continue;
    const what = name === 'labels' ? 'classes' : 'indices';
    throw new BackendError(`${name}: expected ${what} from 0 to ${below! - 1}, received ${wrong}`);
  }
}

/** As `checkFeeds`, for a training batch. */
export function checkTrainingBatch({ inputs }: Program, feeds: Feeds): void {
  checkFeeds(inputs, feeds);
}

/** The evaluation of that name, which a program may lack. */
export function evaluationOf({ evaluations }: Program, name: EvaluationName): EvaluationGraph {
  const found = evaluations[name];
  if (found) return found;
  throw new BackendError(
    `the program has no evaluation ${name}; it has ${Object.keys(evaluations).join(', ')}`,
  );
}

/** Refuses a state whose vectors do not have the lengths of a program's. */
export function checkState({ parameters, statistics }: Program, state: ModelState): void {
  const sizes = {
    parameters: totalSize(parameters),
    velocity: totalSize(parameters),
    statistics: totalSize(statistics),
  };
  for (const name of ['parameters', 'velocity', 'statistics'] as const) {
    if (state[name].length === sizes[name]) continue;
    throw new BackendError(`${name}: expected ${sizes[name]} values, received ${state[name].length}`);
  }
}

function checkChoice(
  backend: string,
  what: 'device' | 'variant',
  asked: string | undefined,
  has: readonly string[],
): void {
  if (asked === undefined || has.includes(asked)) return;
  throw new BackendError(`${backend} has no ${what} ${asked}; it has ${has.join(' and ')}`, {
    fix: `--${what} ${has[0]}`,
    exitCode: exitCodes.usage,
  });
}

/** What was received in a feed's place, for an error. */
export function described(feed: Feeds[string] | undefined): string {
  return feed ? `${feed.length} ${typeOf(feed)} values` : 'nothing';
}

function typeOf(feed: Feeds[string]): InputSpec['type'] {
  return feed instanceof Int32Array ? 'int32' : 'float32';
}
