import { expect, it } from 'vitest';
import { problems, programOf, randomBatch, randomState } from '../../../backends/conformance/problems.ts';
import { Draw } from '../../../backends/conformance/random.ts';
import { feedsOf } from '../../../backends/reference/feeds.ts';
import { reference } from '../../../backends/reference/index.ts';
import { runGraph } from '../../../backends/reference/run-graph.ts';
import { partOf } from '../../../ml/program.ts';
import { measureGradients } from './gradients.ts';

it.each([0, 1])(
  'are those of the training graph over the weights, in either form of momentum',
  async place => {
    const program = programOf(problems[place]!);
    const draw = new Draw(`gradients ${place}`);
    const [state, batch] = [randomState(program, draw), randomBatch(program, draw)];
    const session = await reference.open(program, { threads: 1 });
    await session.setState(state);
    const batches = {
      async fill(at: number, feeds: { images: Float32Array; labels: Int32Array }) {
        expect(at).toBe(7);
        feeds.images.set(batch.images);
        feeds.labels.set(batch.labels);
      },
    };
    const found = await measureGradients(session, program, { batches: batches as never, at: 7 });
    expect(await session.getState()).toEqual(state);
    const { graph, gradients } = program.train();
    const values = runGraph(graph, feedsOf(program, graph, state, batch));
    const norm = (vector: Iterable<number>) => Math.hypot(...vector);
    const expected = program.parameters.flatMap((slot, i) =>
      slot.role === 'convolution'
        ? [norm(values.get(gradients[i]!.id)!) / norm(partOf(state.parameters, slot))]
        : [],
    );
    expect(found.map(({ at }) => at)).toEqual(expected.map((_, i) => i + 1));
    for (const [i, { norm }] of found.entries()) expect(norm! / expected[i]!).toBeCloseTo(1, 4);
  },
);
