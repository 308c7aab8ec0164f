import { averageScores, topErrors } from '../../../ml/metrics/scores.ts';
import { readScores, type Scores, scoresFile } from '../scores-file.ts';
import type { Artefacts } from '../task.ts';
import type { TestName } from './spec.ts';

/** Error, in percent, of an ensemble of networks whose scores are averaged (sec. 4.1), or why there is none. */
export function ensembleError(measure: string, members: readonly Artefacts[]): number | string {
  const [test, top] = measure.split('.') as [TestName, 'top1' | 'top5'];
  const scores: Float32Array[] = [];
  let first: Scores | undefined;
  for (const artefacts of members) {
    const content = artefacts(scoresFile);
    const found = content && readScores(content);
    const tested = found?.tests.get(test);
    if (!found || !tested) return `${scoresFile} of a member is missing or damaged`;
    first ??= found;
    scores.push(tested);
  }
  if (!first) return 'it has no members';
  const wrong = topErrors(averageScores(scores), first.labels, first.classes)[top];
  return (100 * wrong) / first.labels.length;
}
