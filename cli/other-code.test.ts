import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Plan } from '../harness/plan/types.ts';
import { otherCode } from './other-code.ts';

const store = join(import.meta.dirname, '..', 'results');
const [first, second] = readdirSync(join(store, 'runs'));

function planOf(...states: [key: string, is: 'finished' | 'not started'][]): Plan {
  return { jobs: states.map(([key, is]) => ({ key, state: { is } })) } as unknown as Plan;
}

test('says how many finished runs other code computed', () => {
  const say = (plan: Plan) => otherCode(plan, { store, backend: 'reference' });
  expect(say(planOf([first!, 'finished']))).toEqual([
    '1 of 1 run was computed by source code that is not the current one; --force recomputes it.',
  ]);
  expect(say(planOf([first!, 'finished'], [second!, 'finished'], ['f', 'not started']))).toEqual([
    '2 of 2 runs were computed by source code that is not the current one; --force recomputes them.',
  ]);
  expect(say(planOf(['f', 'not started']))).toEqual([]);
});
