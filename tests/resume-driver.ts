import { readFileSync } from 'node:fs';
import { reportError, reportUncaught, withFix } from '../cli/errors.ts';
import { explained } from '../harness/errors.ts';
import { execute } from '../harness/execute/execute.ts';

/**
 * What `reproduce` does around `execute`, for tests that kill it or take its disk away: reads { jobs, options } from
 * the named file, prints each event as a line of JSON, says on standard error what failed, and stops at a checkpoint when
 * interrupted.
 */
const { jobs, options } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort());
reportUncaught(false);
const print = (event: object) => console.log(JSON.stringify(event));
try {
  const result = await execute(jobs, { ...options, signal: interrupt.signal }, print);
  for (const { message, fix } of result.failures) console.error(withFix(message, fix));
  process.exitCode = result.interrupted ? 130 : result.failures.length > 0 ? 4 : 0;
} catch (error) {
  const { message, fix } = explained(error) ?? {};
  print({ type: 'refused', message, fix });
  process.exitCode = reportError(error, false);
}
