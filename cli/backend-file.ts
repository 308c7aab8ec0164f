import type { Backend } from '../backends/contract.ts';
import { backends, findBackend, isBackendFile } from '../backends/registry.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted } from '../harness/text.ts';
import { userPath } from './option-values.ts';

/** A registered backend by its name, or one of the user's own by the path of its file. */
export async function backendNamed(
  word: string,
  fix = (name: string) => `npm run conformance -- ${name}`,
): Promise<Backend> {
  const found = await findBackend(isBackendFile(word) ? userPath(word) : word);
  if (found) return found.backend;
  const names = Object.keys(backends);
  const guess = didYouMean(word, names);
  throw new UserError(
    `${quoted(word)} is not a backend; expected ${names.join(', ')}, or the path of a file (.ts, .mjs, .js) that exports one. ${guess}`.trim(),
    { fix: fix(names[0]!) },
  );
}
