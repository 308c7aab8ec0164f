import { validateExperiment } from '../harness/manifest/load.ts';
import { wrapped } from '../paper-tables/text.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run validate`: every file of an experiment, every target under every profile. */
export const validate: Verb = {
  arguments: '',
  description:
    'Checks the manifests, protocols, published values and curves against their schemas and against each other, and every target under every profile. Errors are reported with file and line.',
  options: ['experiment', 'json'],
  environment: ['COLUMNS'],
  files: ['experiments/<experiment>/'],
  examples: [['npm run validate', 'after editing anything under experiments/']],
  async run(_, { json, experiment }) {
    const { targets, protocols, profiles } = await validateExperiment(
      experiment === undefined ? {} : { experiment },
    );
    if (json) console.log(JSON.stringify({ targets, protocols, profiles }, null, 2));
    else {
      const text = `Valid: ${targets.join(', ')}; protocols ${protocols.join(', ')}; profiles ${profiles.join(', ')}.`;
      console.log(wrapped(text, { limit: terminalOf().width }).join('\n'));
    }
    return 0;
  },
};
