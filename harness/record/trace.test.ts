import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cifarNetwork } from '../../ml/nets/spec.ts';
import { initialState } from '../../ml/optim/init.ts';
import { buildProgram } from '../../ml/program.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import { digestsOf, openTrace, readTrace, TraceLog, tensorIn, tensorsOf } from './trace.ts';

const program = buildProgram({
  network: cifarNetwork(1, 'A', [2, 3, 4]),
  imageSize: 8,
  sgd: { momentum: 0.9, weightDecay: 0, form: 'caffe' },
  trainBatch: 4,
  evaluationBatch: 4,
});
const state = initialState(program, 1);
const tensors = tensorsOf(program);

describe('a trace', () => {
  it('has every number of a state in one tensor, in the order in which a step computes them', () => {
    const count = tensors.reduce((sum, tensor) => sum + tensorIn(state, tensor).length, 0);
    expect(count).toBe(2 * state.parameters.length + state.statistics.length);
    const names = tensors.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([names[0], names.at(-1)]).toEqual(['conv1.bn.mean', 'conv1.weight']);
    expect(names.indexOf('velocity of fc.bias')).toBe(program.statistics.length);
  });

  it('tells which tensor of a state has changed by a bit', () => {
    const other = { ...state, parameters: state.parameters.slice() };
    const place = tensors.findIndex(({ name }) => name === 'fc.weight');
    new Int32Array(other.parameters.buffer)[tensors[place]!.slot.offset + 3]! ^= 1;
    const [a, b] = [digestsOf(state, tensors), digestsOf(other, tensors)];
    expect(a.flatMap((digest, i) => (digest === b[i] ? [] : [i]))).toEqual([place]);
  });

  it('goes on behind the steps that a checkpoint vouches for, and is begun anew without one', () =>
    inFolder(folder => {
      const file = join(folder, 'trace.txt');
      expect(readTrace(file)).toBeNull();
      const log = new TraceLog(file, program, 0);
      for (const step of [1, 2, 3]) log.append(step, 2.25, state);
      appendFileSync(file, '4 2.2'); // torn
      expect(readTrace(file)).toMatchObject([{ step: 1, loss: 2.25 }, { step: 2 }, { step: 3 }]);
      new TraceLog(file, program, 2).append(3, 1.5, state);
      expect(readTrace(file)!.map(({ step, loss }) => [step, loss])).toEqual([
        [1, 2.25],
        [2, 2.25],
        [3, 1.5],
      ]);
      expect(readTrace(file)![2]!.digests).toEqual(digestsOf(state, tensors));
      new TraceLog(file, program, 0);
      expect(readFileSync(file, 'utf8')).toBe('');
    }));

  it('is removed where a training that leaves none begins anew, and refused where it is none', () =>
    inFolder(folder => {
      const file = join(folder, 'trace.txt');
      new TraceLog(file, program, 0);
      expect(openTrace(file, program, 5, false)).toBeNull();
      expect(existsSync(file)).toBe(true);
      openTrace(file, program, 0, false);
      expect(existsSync(file)).toBe(false);
      writeFileSync(file, '1 2.5 0123456789ab\nhello\n');
      expect(() => readTrace(file)).toThrow(`${file}:2: expected step, loss and digests, found "hello".`);
    }));
});
