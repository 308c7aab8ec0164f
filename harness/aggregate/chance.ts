import { logarithm, sineAndCosine } from '../../ml/optim/elementary.ts';
import { randomWords } from '../../ml/optim/random.ts';
import type { Group } from './student.ts';

/** Imagined continuations of a sample. */
const draws = 2000;

/**
 * The chance that a sample is settled by each of the later looks, if its seeds go on as they have begun: mean and SD are
 * drawn from what n seeds leave open (flat prior), further seeds from those. `settles`: whether a group of seeds at a look
 * would be settled by it alone. The same `id` gets the same draws. The group has at least three seeds.
 */
export function chances(
  { mean, sd, n }: Group,
  looks: readonly number[],
  settles: (group: Group) => boolean,
  id: string,
): { seeds: number; chance: number }[] {
  const settled = looks.map(() => 0);
  const seed = hashOf(id);
  const words = new Uint32Array(wordsFor(n, looks));
  for (let draw = 0; draw < draws; draw++) {
    randomWords({ seed, purpose: 'chance', epoch: 0, index: draw }, words);
    const random = randomNumbers(words);
    // sigma² = (n - 1) s² / chi²(n - 1), mu ~ N(mean, sigma² / n)
    const sigma = sd * Math.sqrt((n - 1) / random.chiSquare(n - 1));
    const mu = mean + (sigma / Math.sqrt(n)) * random.normal();
    let group: Group = { mean, sd, n };
    for (const [i, look] of looks.entries()) {
      group = joined(group, further(look - group.n, mu, sigma, random));
      if (!settles(group)) continue;
      for (let later = i; later < looks.length; later++) settled[later]!++;
      break;
    }
  }
  return looks.map((seeds, i) => ({ seeds, chance: settled[i]! / draws }));
}

/** Further seeds enter by their mean ~ N(mu, sigma² / k) and their sum of squares ~ sigma² chi²(k - 1) alone. */
function further(k: number, mu: number, sigma: number, random: ReturnType<typeof randomNumbers>): Group {
  const mean = mu + (sigma / Math.sqrt(k)) * random.normal();
  return { mean, sd: k > 1 ? sigma * Math.sqrt(random.chiSquare(k - 1) / (k - 1)) : 0, n: k };
}

/** Two groups as one. */
function joined(a: Group, b: Group): Group {
  const n = a.n + b.n;
  const apart = a.mean - b.mean;
  const squares = (a.n - 1) * a.sd ** 2 + (b.n - 1) * b.sd ** 2 + ((a.n * b.n) / n) * apart ** 2;
  return { mean: (a.n * a.mean + b.n * b.mean) / n, sd: Math.sqrt(squares / (n - 1)), n };
}

/** The most words that a draw takes: two for a normal number, at most df / 2 + 1.5 for chi², and both at each look. */
function wordsFor(n: number, looks: readonly number[]): number {
  return Math.ceil(Math.max(n, ...looks) / 2 + 3.5 * (looks.length + 1));
}

function randomNumbers(words: Uint32Array) {
  let at = 0;
  const uniform = () => (words[at++]! + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * logarithm(uniform())) * sineAndCosine(uniform()).cosine;
  return {
    normal,
    /** Two degrees of freedom are an exponential number, an odd one is a squared normal number more. */
    chiSquare(df: number): number {
      let sum = df % 2 === 1 ? normal() ** 2 : 0;
      for (let i = 0; i < Math.floor(df / 2); i++) sum -= 2 * logarithm(uniform());
      return sum;
    },
  };
}

/** FNV-1a, for 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}
