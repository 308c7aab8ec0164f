import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Prepared } from '../harness/plan/prepare.ts';
import { otherCode } from './other-code.ts';

const store = join(import.meta.dirname, '..', 'results');
const [first, second] = readdirSync(join(store, 'runs'));

function planOf(...states: [key: string, is: 'finished' | 'not started'][]): Prepared {
  const jobs = states.map(([key, is]) => ({ key, state: { is } }));
  return { plan: { jobs }, backend: { id: 'reference' } } as unknown as Prepared;
}

test('says how many finished runs other code computed', () => {
  const say = (prepared: Prepared) => otherCode(prepared, { store });
  expect(say(planOf([first!, 'finished']))).toEqual([
    '1 of 1 run was computed by source code that is not the current one; --force recomputes it.',
  ]);
  expect(say(planOf([first!, 'finished'], [second!, 'finished'], ['f', 'not started']))).toEqual([
    '2 of 2 runs were computed by source code that is not the current one; --force recomputes them.',
  ]);
  expect(say(planOf(['f', 'not started']))).toEqual([]);
});
