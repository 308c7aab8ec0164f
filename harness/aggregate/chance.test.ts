import { describe, expect, test } from 'vitest';
import { chances } from './chance.ts';
import type { Group } from './student.ts';
import { published, tolerance } from './targets.fixture.ts';
import { settlesCell } from './verdict.ts';

const looks = [5, 8, 12];
const group = { mean: 8.75, sd: 0.25, n: 3 };

function chancesOf(from: Group, value = published(8.75)): number[] {
  const settles = settlesCell(value, tolerance, 12, 1);
  return chances(from, looks, settles, 'ResNet-20').map(({ chance }) => chance);
}

describe('the chance that a cell is settled', () => {
  test('is the same each time, and for later looks never smaller', () => {
    const [a, b, c] = chancesOf(group);
    expect(chancesOf(group)).toEqual([a, b, c]);
    expect(a).toBeLessThanOrEqual(b!);
    expect(b).toBeLessThanOrEqual(c!);
  });

  test('is near one where seeds agree closely, and small where they are wild or lie at the edge', () => {
    expect(chancesOf({ ...group, sd: 0.02 }).at(-1)).toBeGreaterThan(0.95);
    expect(chancesOf({ ...group, sd: 2 }).at(-1)).toBeLessThan(0.4);
    expect(chancesOf({ ...group, sd: 0.05, mean: 9.6 }, published(8.75)).at(-1)).toBeGreaterThan(0.5);
  });

  test('counts every draw where anything settles, and none where nothing does', () => {
    const all = chances(group, looks, () => true, 'a');
    expect(all.map(({ chance }) => chance)).toEqual([1, 1, 1]);
    expect(chances(group, looks, () => false, 'a').map(({ chance }) => chance)).toEqual([0, 0, 0]);
  });

  test('is drawn from the spread that three seeds leave open: medians of what comes lie at theirs', () => {
    const above: number[] = [];
    chances(
      group,
      [100],
      ({ mean, sd }) => {
        above.push(Number(mean > 8.75), Number(sd > 0.25));
        return false;
      },
      'b',
    );
    const share = (offset: number) =>
      above.filter((_, i) => i % 2 === offset).reduce((sum, value) => sum + value, 0) / (above.length / 2);
    expect(share(0)).toBeCloseTo(0.5, 1);
    // P(sigma > s) = P(chi²(2) < 2) = 1 - 1/e
    expect(share(1)).toBeCloseTo(1 - Math.exp(-1), 1);
  });
});
