import type { JsonSchema } from '../../ml/schema.ts';
import type { Released, WeightsFile } from './task.ts';

/** What is said of weights that others have trained, wherever they are used: where they come from, what images they take. */
export const releasedParts = {
  format: { enum: ['keras-layers-tfjs'], description: 'How the file is read.' },
  package: {
    type: 'string',
    // Nothing else that npm would take for a package, such as an option of its own or a repository whose scripts it runs.
    pattern: '^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@\\d+\\.\\d+\\.\\d+[a-z0-9.-]*$',
    maxLength: 200,
    description: 'npm package and version that they come in: name@1.2.3.',
  },
  megabytes: { type: 'number', exclusiveMinimum: 0, maximum: 1e6, description: 'Its size.' },
  integrity: {
    type: 'string',
    pattern: '^sha512-[A-Za-z0-9+/]{86}==$',
    description: 'Its digest, part of the key of every run that takes them in.',
  },
  mean: {
    type: 'array',
    minItems: 3,
    maxItems: 3,
    items: [
      { type: 'number', minimum: 0, maximum: 255 },
      { type: 'number', minimum: 0, maximum: 255 },
      { type: 'number', minimum: 0, maximum: 255 },
    ],
    additionalItems: false,
    description: 'Subtracted from red, green and blue, 0 to 255.',
  },
  crop: { type: 'integer', minimum: 1, maximum: 4096, description: 'Height and width of the crops.' },
} as const satisfies Record<string, JsonSchema>;

/** Released weights in a spec. In the files of an experiment they go by their name in paper.yaml. */
export const releasedSchema = {
  type: 'object',
  description: 'Weights that others have trained.',
  required: ['format', 'package', 'megabytes', 'integrity', 'mean', 'crop'],
  additionalProperties: false,
  properties: releasedParts,
} as const satisfies JsonSchema;

/** Whether released weights are here, so that nothing has to be fetched. */
export async function weightsAreHere(released: Released): Promise<boolean> {
  const pretrained = await import('../../ml/data/imagenet/pretrained.ts');
  return pretrained.weightsAreHere(released);
}

/** Fetches released weights unless they are here, and verifies them. Fails with a `DataError`. */
export async function ensureWeights(
  released: Released,
  onProgress: (message: string) => void,
): Promise<WeightsFile> {
  const pretrained = await import('../../ml/data/imagenet/pretrained.ts');
  const { format, integrity } = released;
  return { format, integrity, file: await pretrained.ensureWeights(released, { onProgress }) };
}

/** What a training is opened with of the released weights that it takes in; nothing where it takes in none. */
export async function weightsFor(
  released: Released | null,
  onProgress: (message: string) => void,
): Promise<{ weights?: WeightsFile }> {
  return released ? { weights: await ensureWeights(released, onProgress) } : {};
}
