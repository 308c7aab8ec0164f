import type { Argument } from '../../manifest/types.ts';
import { taskOf } from '../../tasks/registry.ts';
import { imageErrorOf } from '../images.ts';
import type { Runs } from '../runs.ts';
import type { ClaimView, Measured } from './types.ts';

/**
 * Claims with what other test images would scatter each difference by, where the runs say which images were wrong. No
 * verdict rests on it: the paper's numbers are of the same images.
 */
export function overImages(claims: readonly ClaimView[], argument: Argument, runs: Runs): ClaimView[] {
  return claims.map(claim => {
    const { task, tests } = argument.claims.find(({ id }) => id === claim.id)!;
    if (task === null) return claim;
    const measureOf = (id: string) => {
      const { test } = tests.find(each => each.id === id)!;
      return 'measure' in test ? test.measure : undefined;
    };
    const withImages = (each: Measured, measure: string): Measured => {
      if (each.is !== 'difference') return each;
      const found = imageErrorOf([each.worse, each.better], measure, runs, taskOf(task));
      return found ? { ...each, overImages: found } : each;
    };
    return {
      ...claim,
      tests: claim.tests.map(test => {
        const measure = measureOf(test.id);
        if (measure === undefined) return test;
        return { ...test, measured: test.measured.map(each => withImages(each, measure)) };
      }),
    };
  });
}
