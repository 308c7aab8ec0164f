import { availableParallelism } from 'node:os';
import type { PlannedEvaluation } from '../harness/execute/pretrained.ts';
import type { ExecutionResult } from '../harness/execute/types.ts';
import type { Options } from './options.ts';
import { openEvaluationDisplay } from './progress/evaluation.ts';
import { expectBackend, onInterrupt } from './train.ts';

/**
 * Evaluates released weights while showing progress; they are fetched first where they are not in the cache. The first
 * interrupt stops after the images that are being classified, the second at once. Fails when backend, weights or images
 * are missing.
 */
export async function evaluate(
  planned: readonly PlannedEvaluation[],
  options: Options,
  command: string,
): Promise<ExecutionResult> {
  const { store, force, checkpointSeconds, lowering, json } = options;
  const remark = (text: string) => (json ? process.stderr : process.stdout).write(`${text}\n`);
  await expectBackend(options, remark);
  const { loadPretrained } = await import('../ml/data/imagenet/pretrained.ts');
  const pretrained = await loadPretrained({ onProgress: remark });
  const { executeEvaluations } = await import('../harness/execute/pretrained.ts');
  const display = await openEvaluationDisplay(planned, json);
  const interrupt = onInterrupt(() =>
    display.say('Stopping; what was classified is kept. Interrupt again to quit at once.'),
  );
  try {
    return await executeEvaluations(
      planned,
      pretrained,
      {
        store,
        force,
        checkpointSeconds,
        command,
        threads: options.jobs ?? availableParallelism(),
        signal: interrupt.signal,
        ...(lowering && { lowering }),
      },
      (evaluation, event) => display.show(evaluation, event),
    );
  } finally {
    interrupt.release();
    await display.close();
  }
}
