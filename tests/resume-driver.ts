import { readFileSync } from 'node:fs';
import { UserError } from '../harness/errors.ts';
import { execute } from '../harness/execute/execute.ts';

/**
 * What `reproduce` does around `execute`, for tests that kill it or take its disk away: reads { jobs, options } from
 * the named file, prints each event as a line of JSON, and stops at a checkpoint when interrupted.
 */
const { jobs, options } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort());
const print = (event: object) => console.log(JSON.stringify(event));
try {
  const result = await execute(jobs, { ...options, signal: interrupt.signal }, print);
  process.exitCode = result.interrupted ? 130 : result.failures.length > 0 ? 4 : 0;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  print({ type: 'refused', message: error.message, fix: error.fix });
  process.exitCode = error.exitCode;
}
