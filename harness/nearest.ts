import { quoted } from './text.ts';

/** The names most like a mistyped one, best first: at most `count`, each shares half of its letters or begins with them. */
export function nearest(name: string, names: readonly string[], count = 3): string[] {
  const wanted = name.toLowerCase();
  return names
    .filter(({ length }) => Math.max(length, name.length) <= longest)
    .map(candidate => ({ candidate, edits: edits(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => {
      const begins = wanted.length > 2 && candidate.toLowerCase().startsWith(wanted);
      return begins || edits <= Math.max(wanted.length, candidate.length) / 2;
    })
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** `Did you mean table6 or table9?`, or an empty string when nothing is near. Letters that look like others are named. */
export function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  if (near.length === 0) return '';
  const known = near.join('');
  const last = near.pop()!;
  const alike = [...name].find(character => character > '~' && !known.includes(character));
  const hint = alike === undefined ? '' : ` It has U+${codeOf(alike)} in it.`;
  return `Did you mean ${near.length > 0 ? `${near.join(', ')} or ${last}` : last}?${hint}`;
}

function codeOf(character: string): string {
  return character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
}

/** Longer ones are no names that someone types: comparing them would take its time. */
const longest = 200;

/** `no network "ResNet-21" in the protocol. Did you mean ResNet-20?`; when nothing is near, what there is. */
export function unknownName(what: string, name: string, known: readonly string[], where = ''): string {
  const rest = known.length - listed;
  const names = rest > 0 ? [...known.slice(0, listed), `${rest} more`] : known;
  const there = `There ${known.length > 1 ? 'are' : 'is'} ${names.join(', ') || 'none'}.`;
  return `no ${what} ${quoted(name)}${where}. ${didYouMean(name, known) || there}`;
}

const listed = 20;

/** Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions, swaps of neighbours. */
export function edits(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, substitution);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
