import { fileURLToPath } from 'node:url';
import type { Probe, SessionOptions } from '../contract.ts';

/** What `check.ts` prints. */
export type Checked =
  | Omit<Extract<Probe, { available: true }>, 'available'>
  | { readonly missing: string; readonly fix?: string };

/** Says which engine is set up, loads and computes rightly here. */
export async function probe(device: string = 'cpu'): Promise<Probe> {
  const checking = found.get(device) ?? checkHere({ threads: 1, device });
  found.set(device, checking);
  const checked = await checking;
  if ('version' in checked) return { available: true, ...checked };
  return { available: false, missing: checked.missing, fix: checked.fix ?? 'npm run setup -- tfjs' };
}

/** By device, once per process. */
const found = new Map<string, Promise<Checked>>();

/** Tries an engine in a process of its own, with changes of its environment. */
export async function checkHere(options: SessionOptions, env: NodeJS.ProcessEnv = {}): Promise<Checked> {
  const { execa } = await import('execa');
  const file = (path: string) => new URL(path, import.meta.url);
  const args = ['--import', file('../../loader/register.mjs').href, fileURLToPath(file('check.ts'))];
  const { stdout, stderr, exitCode, signal } = await execa(
    process.execPath,
    [...args, JSON.stringify(options)],
    { stdin: 'ignore', reject: false, env },
  );
  if (exitCode === 0) return JSON.parse(stdout) as Checked;
  const how = signal ? `was ended by ${signal}` : `exited with code ${exitCode}`;
  const error = stderr.split('\n').findLast(line => /error/i.test(line));
  return { missing: `the process that tries TensorFlow.js ${how}${error ? `: ${error.trim()}` : ''}` };
}
