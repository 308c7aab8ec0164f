import { expect, it } from 'vitest';
import { cifarNetwork } from '../../ml/nets/spec.ts';
import { initialState } from '../../ml/optim/init.ts';
import { buildProgram } from '../../ml/program.ts';
import { adopted, readState, stateParts } from './state.ts';

const programOf = (classes: number) =>
  buildProgram({
    network: { ...cifarNetwork(1, 'A', [4, 6, 8]), classes },
    imageSize: 8,
    sgd: { momentum: 0.9, weightDecay: 0, form: 'caffe' },
    trainBatch: 2,
    evaluationBatch: 2,
  });

it('a state is taken over by the names of its tensors', () => {
  const program = programOf(10);
  const state = initialState(program, 1);
  state.velocity.fill(1);
  const read = readState(Buffer.concat(stateParts(program, state).map(part => Buffer.from(part))));
  expect([...read.keys()]).toEqual([...program.parameters, ...program.statistics].map(({ name }) => name));
  const next = adopted(program, initialState(program, 2), read);
  expect(next.parameters).toEqual(state.parameters);
  expect(next.statistics).toEqual(state.statistics);
  expect(next.velocity.every(value => value === 0)).toBe(true);
});

it('layers of another size begin anew', () => {
  const [from, to] = [programOf(10), programOf(7)];
  const read = readState(
    Buffer.concat(stateParts(from, initialState(from, 1)).map(part => Buffer.from(part))),
  );
  const blank = initialState(to, 2);
  const next = adopted(to, blank, read);
  const part = (values: Float32Array, name: string) => {
    const { offset, size } = to.parameters.find(slot => slot.name === name)!;
    return values.subarray(offset, offset + size);
  };
  expect(part(next.parameters, 'fc.weight')).toEqual(part(blank.parameters, 'fc.weight'));
  expect(part(next.parameters, 'conv1.weight')).toEqual(read.get('conv1.weight'));
});
