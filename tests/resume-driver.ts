import { readFileSync } from 'node:fs';
import { execute } from '../harness/execute/execute.ts';

/**
 * What `reproduce` does around `execute`, for tests that kill it: reads { runs, options } from the named file, prints
 * each event as a line of JSON, and stops at a checkpoint when interrupted.
 */
const { runs, options } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort());
const result = await execute(runs, { ...options, signal: interrupt.signal }, event =>
  console.log(JSON.stringify(event)),
);
process.exitCode = result.interrupted ? 130 : result.failures.length > 0 ? 4 : 0;
