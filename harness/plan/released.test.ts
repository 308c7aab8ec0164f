import { describe, expect, it } from 'vitest';
import { UserError } from '../harness/errors.ts';
import type { Options } from './options.ts';
import { underWeights } from './weights.ts';

const given = (set: Partial<Options> = {}): Options => ({
  all: false,
  weights: 'pretrained',
  backend: 'onnxruntime',
  store: '/nowhere',
  checkpointSeconds: 30,
  force: false,
  keepGoing: false,
  dryRun: false,
  json: false,
  ...set,
});

describe('underWeights', () => {
  it('implies the profile paper', () => {
    expect(underWeights(['table3', 'table4'], given()).profile).toBe('paper');
    expect(underWeights(['table4'], given({ profile: 'paper', rows: ['ResNet-50'] })).profile).toBe('paper');
  });

  it.each([
    ['another profile', ['table3'], { profile: 'mini' }, /under the profile paper, not under mini/],
    ['another target', ['table3', 'table6'], {}, /for table3 and table4 only, not for table6/],
    ['all targets', [], { all: true }, /for table3 and table4 only, not for all/],
    ['another row', ['table3'], { rows: ['ResNet-50', 'ResNet-101'] }, /no other row, not ResNet-101/],
    ['seeds', ['table4'], { seeds: 3 }, /there are no seeds/],
  ])('refuses %s and names a command that works', (_, names, set, message) => {
    const run = () => underWeights(names, given(set));
    expect(run).toThrow(UserError);
    expect(run).toThrow(message);
    try {
      run();
    } catch (error) {
      const { fix, exitCode } = error as UserError;
      expect(fix).toMatch(/^npm run reproduce (table[34] ?)+ -- --weights pretrained$/);
      expect(exitCode).toBe(2);
    }
  });
});
