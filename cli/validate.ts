import { validateExperiment } from '../harness/manifest/load.ts';
import type { Verb } from './verb.ts';

/** `npm run validate`: every file of the experiment, every target under every profile. */
export const validate: Verb = {
  arguments: '',
  description: `Checks the manifests, protocols, published values and curves against their schemas and against each other,
and every target under every profile. What is wrong is told with file and line.`,
  options: ['json'],
  examples: [['npm run validate', 'after editing anything under experiments/']],
  async run(_, { json }) {
    const { targets, protocols, profiles } = await validateExperiment();
    if (json) console.log(JSON.stringify({ targets, protocols, profiles }, null, 2));
    else
      console.log(
        `Valid: ${targets.join(', ')}; protocol ${protocols.join(', ')}; profiles ${profiles.join(', ')}.`,
      );
    return 0;
  },
};
