import { join } from 'node:path';
import type { JsonSchema } from '../../ml/schema.ts';
import { UserError } from '../errors.ts';
import { looks } from '../manifest/looks.ts';
import type { ArchitectureTarget, Target } from '../manifest/types.ts';
import { objectOf, orNull, parsedAs } from '../schema.ts';
import { readIfThere, setAside, writeAtomic } from './files.ts';
import { digestOf } from './keys.ts';
import { waitForLock } from './lock.ts';

/** Everything that decides a verdict besides the runs: fixed before them, or a page says that it was not. */
export interface Design {
  experiment: string;
  profile: string;
  protocol: string;
  /** SHA-256 of the canonical JSON of all else. */
  digest: string;
  /** Margins and resolutions, families of cells, tests of claims with their bounds, and numbers of seeds. */
  thresholds: Readonly<Record<string, unknown>>;
}

/** A design as the store has it. */
export interface WrittenDesign extends Design {
  /** When it was first run under, ISO 8601, and the commit; null where git could not tell. */
  at: string;
  commit: string | null;
}

/** The design of a target: that of its protocol under its profile, whichever table or figure of it is named. */
export function designOf(target: Exclude<Target, ArchitectureTarget>): Design {
  const { experiment, profile, protocol, tolerances, family, lastLook, argument } = target;
  const claims = argument.claims.filter(claim => claim.protocol === protocol);
  const thresholds = {
    looks: looks.filter(look => look <= lastLook),
    tolerances,
    family: family.map(({ network, measure, published }) => ({ network, measure, value: published.value })),
    claims: claims.map(({ id, tests }) => ({ id, tests: tests.map(({ test }) => boundsOf(test, profile)) })),
  };
  const of = { experiment: experiment.id, profile, protocol };
  return { ...of, digest: digestOf({ ...of, thresholds }), thresholds };
}

/**
 * Adds designs that the store has not seen to its design.json; those that are there are never changed. Processes that do so
 * at once wait for each other.
 */
export async function writeDesigns(
  folder: string,
  designs: readonly Design[],
  { at, commit }: Pick<WrittenDesign, 'at' | 'commit'>,
): Promise<void> {
  if (unseen(designs, folder).length === 0) return;
  const lock = await waitForLock(folder, new AbortController().signal, () => {});
  try {
    const fresh = unseen(designs, folder).map(design => ({ ...design, at, commit }));
    const all = [...readDesigns(folder), ...fresh];
    writeAtomic(fileIn(folder), [`${JSON.stringify({ designs: all }, null, 1)}\n`]);
  } finally {
    lock?.release();
  }
}

/** The designs that a store's jobs were run under, in the order of their first runs. Fails with a `UserError` for a damaged file. */
export function readDesigns(folder: string): WrittenDesign[] {
  const file = fileIn(folder);
  const text = readIfThere(file)?.toString('utf8');
  if (text === undefined) return [];
  const refuse = (why: string) => new UserError(`${file}: ${why}.`, { fix: setAside(file) });
  const { designs } = parsedAs<{ designs: WrittenDesign[] }>(designsSchema, text, 'design', refuse);
  for (const { experiment, profile, protocol, thresholds, digest } of designs) {
    if (digestOf({ experiment, profile, protocol, thresholds }) !== digest)
      throw refuse(`the design ${digest.slice(0, 12)} is not the one that its digest stands for`);
  }
  return designs;
}

function unseen(designs: readonly Design[], folder: string): Design[] {
  const seen = new Set(readDesigns(folder).map(({ digest }) => digest));
  return designs.filter(({ digest }, i) => {
    const isFirst = designs.findIndex(each => each.digest === digest) === i;
    return isFirst && !seen.has(digest);
  });
}

function fileIn(folder: string): string {
  return join(folder, 'design.json');
}

/** A test as it is under one profile: what it says of others decides nothing here, nor do its words. */
function boundsOf(test: object, profile: string): object {
  const {
    statement: _,
    thresholds = {},
    ...rest
  } = test as {
    statement?: string;
    thresholds?: Record<string, { value: number }>;
  };
  return { ...rest, bound: thresholds[profile]?.value ?? null };
}

const text: JsonSchema = { type: 'string', maxLength: 200 };
const designsSchema = objectOf({
  designs: {
    type: 'array',
    items: objectOf({
      ...{ experiment: text, profile: text, protocol: text, at: text },
      digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      thresholds: { type: 'object' },
      commit: orNull({ type: 'string', pattern: '^[0-9a-f]{7,64}$' }),
    }),
  },
});
