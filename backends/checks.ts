import { exitCodes } from '../ml/errors.ts';
import { elements } from '../ml/graph/ops.ts';
import { type Feeds, type InputSpec, type ModelState, type Program, totalSize } from '../ml/program.ts';
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

/** Refuses feeds that are not what `inputs` ask for; feeds of other names are passed over. */
export function checkFeeds(inputs: Readonly<Record<string, InputSpec>>, feeds: Feeds): void {
  for (const [name, { type, shape }] of Object.entries(inputs)) {
    const feed = feeds[name];
    if (feed && typeOf(feed) === type && feed.length === elements(shape)) continue;
    const expected = `${elements(shape)} ${type} values of shape [${shape.join(', ')}]`;
    throw new BackendError(`${name}: expected ${expected}, received ${described(feed)}`);
  }
}

/** As `checkFeeds`, for a training batch; its labels must be class indices. */
export function checkTrainingBatch({ inputs, network }: Program, feeds: Feeds): void {
  checkFeeds(inputs, feeds);
  const wrong = feeds.labels?.find(label => label < 0 || label >= network.classes);
  if (wrong !== undefined) {
    throw new BackendError(`labels: expected classes from 0 to ${network.classes - 1}, received ${wrong}`);
  }
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
