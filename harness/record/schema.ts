import type { JsonSchema } from '../../ml/schema.ts';
import { mapOf, objectOf, orNull, type SchemaProblem, schemaProblems } from '../schema.ts';
import { taskIds, taskOf } from '../tasks/registry.ts';
import { withDefaults } from '../tasks/schema.ts';
import { quoted } from '../text.ts';
import { digestOf, jobKey } from './keys.ts';
import { type JobIdentity, type JobRecord, version } from './types.ts';

/**
 * What is wrong with a value that should be the record of the job `key`; null when nothing is. A record has its form, is
 * of the job that it says (its key is the digest of its identity), has the result that it was written with, and its parts
 * agree with each other.
 */
export function recordProblem(value: unknown, key: string): string | null {
  const [first] = schemaProblems(recordSchema, value);
  if (first) return `${place('record', first)}: ${first.message}`;
  const record = value as JobRecord;
  const { identity, result } = record;
  const task = taskOf(identity.task);
  const [inSpec] = schemaProblems(task.schemas[identity.kind], identity.spec);
  if (inSpec) return `${place('identity.spec', inSpec)}: ${inSpec.message}`;
  if (record.key !== key) return `it is the record of another job, ${shown(record.key)}`;
  if (digest(() => jobKey(identity)) !== key) return 'its identity is not the one that its key stands for';
  if (digest(() => digestOf(result)) !== record.resultSha256)
    return 'its result is not the one that it was written with (resultSha256)';
  return measureProblem(record) ?? task.contradiction(explicit(identity), result);
}

/** An identity with every field of its spec, those at their defaults too. */
export function explicit<I extends JobIdentity>(identity: I): I {
  const { kind, task, spec } = identity;
  return { ...identity, spec: withDefaults(taskOf(task).schemas[kind], spec) };
}

function measureProblem({ identity, result }: JobRecord): string | null {
  const { measures } = taskOf(identity.task);
  for (const [name, value] of Object.entries(result.measures)) {
    if (!Object.hasOwn(measures, name)) return `result.measures: unknown measure ${quoted(shown(name))}`;
    const { unit } = measures[name]!;
    if (value < 0 || (unit === '%' && value > 100))
      return `result.measures.${name}: expected ${unit === '%' ? '0 to 100%' : 'no negative value'}, received ${value}`;
  }
  return null;
}

/** Where in a record something is wrong. */
function place(inside: string, { path }: SchemaProblem): string {
  return quoted([inside, ...path].join('.')).slice(1, -1);
}

/** A digest; null of what has none: JSON can hold text that is no Unicode. */
function digest(take: () => string): string | null {
  try {
    return take();
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** As much of a text from outside as a message needs. */
function shown(text: string): string {
  return text.slice(0, 12);
}

const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const text = { type: 'string', maxLength: 10000 } as const;
const count = { type: 'integer', minimum: 0 } as const;
const amount = { type: 'number', minimum: 0 } as const;
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' } as const;

const common = {
  version: { const: version },
  task: { enum: taskIds },
  spec: { type: 'object' },
  backend: text,
  numerics: count,
} as const;

const identitySchema: JsonSchema = {
  oneOf: [
    objectOf({
      ...common,
      kind: { const: 'train' },
      seed: { type: 'integer', minimum: 1 },
      inputs: objectOf({ data: text, jobs: mapOf(sha256) }, ['jobs']),
    }),
    objectOf({ ...common, kind: { const: 'evaluate' }, inputs: objectOf({ data: text, weights: text }) }),
  ],
};

const curve: JsonSchema = {
  type: 'array',
  maxItems: 10_000_000,
  items: {
    type: 'object',
    required: ['at'],
    properties: { at: count },
    additionalProperties: { type: 'number' },
  },
};

const codeSchema = objectOf(
  {
    sources: orNull(sha256),
    commit: orNull({ type: 'string', pattern: '^[0-9a-f]{7,64}$' }),
    unknown: text,
    dirty: { type: 'boolean' },
    diffSha256: orNull(sha256),
    lockfileSha256: sha256,
  },
  ['unknown'],
);

/** The form of record.json; the spec inside is checked by the task's own schema. */
const recordSchema = objectOf({
  version: { const: version },
  key: sha256,
  network: { type: 'string', minLength: 1, maxLength: 200 },
  asked: orNull(objectOf({ experiment: text, profile: text })),
  identity: identitySchema,
  result: objectOf({
    measures: mapOf({ type: 'number' }),
    curves: mapOf(curve),
    facts: mapOf(count),
    artefacts: mapOf(sha256),
    digests: mapOf(sha256),
    determinism: objectOf({ tier: { enum: ['D1', 'D2', 'D3'] }, evidence: text }),
  }),
  resultSha256: sha256,
  provenance: objectOf(
    {
      command: text,
      startedAt: time,
      finishedAt: time,
      seconds: amount,
      resumed: count,
      session: objectOf({
        backend: text,
        version: text,
        device: text,
        variant: text,
        hardware: text,
        threads: { type: 'integer', minimum: 1 },
      }),
      node: text,
      platform: text,
      cpu: text,
      cores: count,
      memoryGiB: amount,
      peakMemoryMiB: amount,
      unitMilliseconds: amount,
      design: sha256,
      code: { type: 'array', minItems: 1, maxItems: 1000, items: codeSchema },
    },
    ['design'],
  ),
});
