import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonSchema } from '../../../ml/schema.ts';
import { root } from '../../checkout.ts';
import { schemaProblems } from '../../schema.ts';
import { taskIds, taskOf } from '../../tasks/registry.ts';
import { settablePaths } from '../../tasks/schema.ts';
import { resnet, tiny } from '../fixtures.ts';
import { schemaFiles } from '../source.ts';
import { schemaDocuments } from './documents.ts';
import { type Files, schemas } from './index.ts';

const documents = schemaDocuments();

describe('the schemas under experiments/', () => {
  it('are those of the code: node --import ./loader/register.mjs scripts/schemas.ts', () => {
    for (const [file, text] of documents) expect(readFileSync(file, 'utf8'), file).toBe(text);
    const names = readdirSync(join(root, 'experiments')).filter(name => name.endsWith('.schema.json'));
    expect(names.map(name => join(root, 'experiments', name)).sort()).toEqual([...documents.keys()].sort());
  });

  it('are those of a task for a protocol', () => {
    const files = schemaFiles('protocol').map(file => file.split('/').at(-1));
    expect(files).toEqual(taskIds.map(id => `protocol.${id}.schema.json`));
  });

  it.each<[keyof Files, string, string]>([
    ['experiment', resnet, 'paper.yaml'],
    ['paper', resnet, 'paper.json'],
    ['curves', resnet, 'curves.json'],
    ['manifest', resnet, 'table6.yaml'],
    ['manifest', resnet, 'figure7.yaml'],
    ['manifest', resnet, 'table1.yaml'],
    ['manifest', tiny, 'training.yaml'],
    ['protocol', resnet, 'protocols/cifar10.yaml'],
    ['protocol', resnet, 'protocols/imagenet.yaml'],
    ['protocol', tiny, 'protocols/small.yaml'],
  ])('accept a %s in editors as in commands: %s/%s', (kind, experiment, file) => {
    const data = parse(readFileSync(join(experiment, file), 'utf8'));
    const validate = new Ajv({ strict: false }).compile(JSON.parse(documents.get(schemaFiles(kind)[0]!)!));
    expect(validate(data), JSON.stringify(validate.errors)).toBe(true);
    expect(schemaProblems(schemas[kind](data), data)).toEqual([]);
    const extended = { ...data, unknown: 1 };
    expect(validate(extended)).toBe(false);
    expect(schemaProblems(schemas[kind](extended), extended)).not.toEqual([]);
  });
});

describe.each(taskIds)('the trainings of the task %s', id => {
  const { train } = taskOf(id).schemas;

  it('mean one thing by a path, whichever alternative is chosen', () => {
    const seen = new Map<string, string>();
    for (const [path, schema] of everyPath(train)) {
      const text = JSON.stringify(schema);
      expect(seen.get(path) ?? text, path).toBe(text);
      seen.set(path, text);
    }
    expect([...seen.keys()].sort()).toEqual([...settablePaths(train).keys()].sort());
  });

  it('have a bound on every number', () => {
    for (const [path, schema] of everyPath(train)) {
      if (schema.type !== 'number' && schema.type !== 'integer') continue;
      expect(schema.minimum ?? schema.exclusiveMinimum, path).toBeDefined();
    }
  });
});

/** All that can be set, once for each alternative. */
function everyPath(schema: JsonSchema, prefix = ''): [string, JsonSchema][] {
  return (schema.oneOf ?? [schema]).flatMap(({ properties = {} }) =>
    Object.entries(properties)
      .filter(([, property]) => property.const === undefined)
      .flatMap(([name, property]): [string, JsonSchema][] => [
        [`${prefix}${name}`, property],
        ...everyPath(property, `${prefix}${name}.`),
      ]),
  );
}
