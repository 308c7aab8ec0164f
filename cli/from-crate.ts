import { UserError } from '../harness/errors.ts';
import { jsonText } from '../harness/text.ts';
import { readCrate } from '../reports/crate/read.ts';
import { againText, runAgain } from './again.ts';
import type { Options } from './options.ts';

/** `npm run reproduce -- --from <crate>`: runs what an archive holds, and compares. */
export async function reproduceFrom(file: string, options: Options): Promise<number> {
  const { contents, records } = readCrate(file);
  if (![...records.values()].some(({ identity }) => identity.kind === 'train'))
    throw new UserError(`${file} holds no training, so there is nothing to run again.`, {
      fix: 'npm run export -- --all',
    });
  const published = { name: file, ...contents, records };
  const { runs, exitCode } = await runAgain(published, options, `npm run reproduce -- --from ${file}`);
  if (options.json) console.log(jsonText({ crate: file, runs }));
  else if (runs.length > 0) console.log(againText(runs, file));
  return exitCode;
}
