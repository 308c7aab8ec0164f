import type { JsonSchema, Spec } from '../../../ml/schema.ts';
import { type TaskId, taskIds, taskOf } from '../../tasks/registry.ts';
import { settablePaths } from '../../tasks/schema.ts';
import { looks } from '../looks.ts';
import { line, networks, reasoned } from './common.ts';
import { withNames } from './released.ts';

/** experiments/<id>/protocols/<name>.yaml: the schema of its task; of an unknown one, which tasks there are. */
export function protocolSchemaOf(data: unknown): JsonSchema {
  const task = (data as { task?: unknown } | null)?.task;
  const known = taskIds.find(id => id === task);
  return known ? protocolSchema(known) : unknownTask;
}

/** A protocol as written, defaults filled in. What is in a spec is known by the task alone. */
export type ProtocolFile = Spec<
  ReturnType<typeof protocol<typeof anything, typeof anything, typeof anything>>
>;

/** The schema of a task's protocols: its training schema says what a spec is and what can be set in it. */
function protocolSchema(task: TaskId): JsonSchema {
  const train = withNames(taskOf(task).schemas.train);
  const settable = Object.fromEntries(settablePaths(train));
  return protocol(task, train, settings(settable), settings({ seeds, ...settable }));
}

const anything = { type: 'object' } as const satisfies JsonSchema;

const unknownTask = {
  type: 'object',
  required: ['task'],
  properties: { task: { enum: taskIds, description: 'What its networks are trained for.' } },
} as const satisfies JsonSchema;

const seeds = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  description: 'Number of seeds (1, 2, ...) when --seeds does not say otherwise.',
} as const satisfies JsonSchema;

const positive = { type: 'number', exclusiveMinimum: 0, maximum: 1e9 } as const satisfies JsonSchema;

/** Values of dotted paths. */
function settings(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return {
    type: 'object',
    description:
      'Dotted paths of the spec (or seeds) and their values; {} when the deviation is not a matter of the spec.',
    additionalProperties: false,
    properties: Object.fromEntries(
      Object.entries(properties).map(([path, schema]) => [path, withoutDefault(schema)]),
    ),
  };
}

/** What is not set stays as it is, whatever its default. */
function withoutDefault(schema: JsonSchema): JsonSchema {
  if (schema.default === undefined) return schema;
  const { default: _, ...rest } = schema;
  return rest;
}

/** Networks that something holds for, and why. */
const reasons = {
  type: 'array',
  items: {
    type: 'object',
    required: ['for', 'reason'],
    additionalProperties: false,
    properties: { for: networks, reason: line },
  },
} as const satisfies JsonSchema;

/** `spec`: of a training; `own` and `set`: what can be set for a network, and by a deviation. */
function protocol<const S extends JsonSchema, const N extends JsonSchema, const T extends JsonSchema>(
  task: TaskId,
  spec: S,
  own: N,
  set: T,
) {
  const deviations = {
    type: 'array',
    items: {
      type: 'object',
      required: ['text', 'set'],
      additionalProperties: false,
      properties: {
        text: { ...line, description: 'One sentence, printed under the table or figure.' },
        set,
        for: { ...networks, description: 'Networks that it applies to; all of them when absent.' },
      },
    },
  } as const;
  return {
    type: 'object',
    description:
      "How the networks of an experiment are trained and measured: the paper's own protocol, the networks, and the profiles as lists of deviations from it.",
    required: ['task', 'title', 'spec', 'networks', 'assumptions', 'profiles'],
    additionalProperties: false,
    properties: {
      task: { const: task, description: 'What its networks are trained for.' },
      title: line,
      spec,
      networks: {
        type: 'object',
        description: 'Networks by name, as tables and figures refer to them: ResNet-20.',
        minProperties: 1,
        additionalProperties: {
          type: 'object',
          required: ['seeds', 'set'],
          additionalProperties: false,
          properties: {
            seeds,
            layers: {
              type: 'integer',
              minimum: 1,
              maximum: 100000,
              description: 'Weighted layers that the network must turn out to have.',
            },
            set: { ...own, description: 'What the paper sets for this network alone.' },
          },
        },
      },
      assumptions: {
        ...deviations,
        description: 'What was chosen where the paper leaves something open, under every profile.',
      },
      profiles: {
        type: 'object',
        description: "How much of the paper's budget is spent, as deviations from it.",
        minProperties: 1,
        additionalProperties: {
          type: 'object',
          required: ['summary', 'deviations'],
          additionalProperties: false,
          properties: {
            summary: { ...line, description: 'One line: what the profile is for.' },
            default: { const: true, description: 'The profile that is used when none is asked for.' },
            deviations,
            maxSeeds: {
              enum: looks,
              description:
                'The most seeds that verdicts of this profile may rest on: the last of the looks at 3, 5, 8, 12 and 20 seeds; 8 when absent. Fixed before its runs.',
            },
            skipped: { ...reasons, description: 'Networks that this profile does not run.' },
            tokens: {
              ...reasons,
              description:
                'Networks whose runs under this profile show only that they can be trained: no value of theirs is shown or compared.',
            },
          },
        },
      },
      tolerances: {
        type: 'object',
        default: {},
        description:
          'By measure, in its unit: what its values are judged by under the faithful profile. Fixed before any run under it; without one, a measure is not judged.',
        additionalProperties: {
          type: 'object',
          required: ['margin', 'resolution'],
          additionalProperties: false,
          properties: {
            margin: reasoned({
              ...positive,
              description:
                'The difference that does not count: a value differs when it is shown to be farther away.',
            }),
            resolution: reasoned({
              ...positive,
              description:
                'The difference that can be told from none beside a single published run: a value is consistent when it is shown to be nearer.',
            }),
          },
        },
      },
    },
  } as const satisfies JsonSchema;
}
