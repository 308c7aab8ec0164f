import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../ml/schema.ts';
import { tinySpec } from '../../execute/jobs.fixture.ts';
import { schemaProblems } from '../../schema.ts';
import { evaluateSchema, trainSchema } from './spec.ts';

const evaluation = {
  data: { set: 'imagenet', crop: 224, testShorterSide: 256, testImages: 50000 },
  network: tinySpec.network,
  mean: [123.68, 116.779, 103.939],
  tests: [{ name: 'tenCrop', pad: 0 }],
};

/** Places of what is wrong. */
const places = (schema: JsonSchema, value: unknown) =>
  schemaProblems(schema, value).map(({ path }) => path.join('.'));

describe('the spec of a training', () => {
  it('is accepted with and without what has a default', () => {
    expect(places(trainSchema, tinySpec)).toEqual([]);
    const { statisticsBatches: _, tests: __, responses: ___, ...evaluation } = tinySpec.evaluation;
    const { family: ____, strideIn: _____, ...network } = tinySpec.network;
    expect(places(trainSchema, { ...tinySpec, network, evaluation })).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['data.set', 'mnist'],
    ['data.downsample', 3],
    ['data.trainImages', 50001],
    ['data.testImages', 0],
    ['data.augmentation.pad', -1],
    ['network.block', 'wide'],
    ['network.blocks', []],
    ['network.blocks.1', 0],
    ['network.widths.0', 1.5],
    ['network.shortcut', 'D'],
    ['network.batchNorm.epsilon', 0],
    ['network.init.classifier', 0],
    ['optimiser.batch', 1e9],
    ['optimiser.sgd.momentum', 1],
    ['optimiser.sgd.form', 'adam'],
    ['schedule.iterations', 1e9],
    ['schedule.rate', 0],
    ['schedule.rate', '0.1'],
    ['schedule.divisor', 1],
    ['schedule.warmup.untilTrainError', 1],
    ['evaluation.responses', 'yes'],
    ['evaluation.statisticsBatches', -1],
    ['evaluation.tests', {}],
  ])('has bounds: %s %j is refused, and named', (path, value) => {
    const [place] = places(trainSchema, edited(tinySpec, path, value));
    expect(place).toBeDefined();
    expect(path.startsWith(place!) || place!.startsWith(path), place).toBe(true);
  });

  it.each(['data', 'network', 'optimiser.batch', 'schedule.warmup', 'evaluation.testErrorEvery'])(
    'needs %s',
    path => {
      const [problem] = schemaProblems(trainSchema, edited(tinySpec, path, undefined));
      expect(problem!.message).toContain(`missing key "${path.split('.').at(-1)}"`);
    },
  );

  it('has bounds on every number', () => {
    const unbounded = numbersIn(trainSchema).filter(
      ([, { minimum, exclusiveMinimum, maximum, exclusiveMaximum }]) =>
        (minimum ?? exclusiveMinimum) === undefined || (maximum ?? exclusiveMaximum) === undefined,
    );
    expect(unbounded.map(([path]) => path)).toEqual([]);
    expect(numbersIn(evaluateSchema).length).toBeGreaterThan(5);
  });
});

describe('the spec of an evaluation', () => {
  it('is that of ImageNet images, a mean and tests', () => {
    expect(places(evaluateSchema, evaluation)).toEqual([]);
    expect(places(evaluateSchema, { ...evaluation, mean: [1, 2] })).toEqual(['mean']);
    expect(places(evaluateSchema, edited(evaluation, 'data.set', 'cifar10'))).toEqual(['data.set']);
    expect(places(evaluateSchema, edited(evaluation, 'data.testImages', 0))).toEqual(['data.testImages']);
    expect(places(evaluateSchema, { ...evaluation, seed: 1 })).toEqual(['seed']);
  });
});

/** A value with what is at a dotted path replaced; `undefined` removes it. */
function edited(value: unknown, path: string, to: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop()!;
  let inside = copy;
  for (const step of steps) inside = inside[step] as Record<string, unknown>;
  if (to === undefined) delete inside[last];
  else inside[last] = to;
  return copy;
}

/** The schemas of numbers inside of a schema, and where they are. */
function numbersIn(schema: unknown, path = ''): [string, JsonSchema][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type } = schema as JsonSchema;
  if (type === 'number' || type === 'integer') return [[path, schema as JsonSchema]];
  return Object.entries(schema).flatMap(([name, inner]) => numbersIn(inner, `${path}/${name}`));
}
