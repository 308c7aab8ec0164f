import type { Session } from '../../../backends/contract.ts';
import type { Batches } from '../../../ml/data/images.ts';
import { type Program, partOf } from '../../../ml/program.ts';
import { feedsFor } from '../feeds.ts';
import type { CurvePoint } from '../task.ts';

/**
 * The gradient that reaches each convolution on training batch `at`, in network order: its norm over that of the weights (sec. 4.1: "healthy norms with BN"). Read off the velocity that a step from rest at rate 1 leaves, so
 * that any backend can tell it; the session is then as it was.
 */
export async function measureGradients(
  session: Session,
  program: Program,
  { batches, at }: { batches: Batches; at: number },
): Promise<CurvePoint[]> {
  const feeds = feedsFor(program);
  await batches.fill(at, feeds);
  const trained = await session.getState();
  await session.setState({ ...trained, velocity: new Float32Array(trained.velocity.length) });
  await session.step(feeds, 1);
  const { velocity } = await session.getState();
  await session.setState(trained);
  const convolutions = program.parameters.filter(({ role }) => role === 'convolution');
  return convolutions.map((slot, i) => {
    const [moved, weight] = [partOf(velocity, slot), partOf(trained.parameters, slot)];
    let [gradient, size] = [0, 0];
    for (const [j, w] of weight.entries()) {
      gradient += (moved[j]! - program.sgd.weightDecay * w) ** 2;
      size += w ** 2;
    }
    return { at: i + 1, norm: Math.sqrt(gradient / size) };
  });
}
