import { describe, expect, it, vi } from 'vitest';
import { conformanceCases, formatReport, runConformance } from '../conformance/conformance.ts';
import { evaluateGraph } from './evaluate.ts';
import { exampleBatch, exampleProgram, exampleState } from './fixture.ts';
import { onnxruntime } from './index.ts';
import { blocked } from './lowering/blocked.ts';
import { BlockedBuilder } from './lowering/kernels.ts';
import { standard } from './lowering/standard.ts';
import { checkBlocked, examine } from './probe.ts';

const { block, lowering: available } = await examine();
const program = exampleProgram({ family: 'resnet', n: 1, widths: [8, 16, 32], imageSize: 8, batch: 4 });

describe.each(onnxruntime.capabilities.lowerings)('%s lowering', lowering => {
  const skipped = lowering === 'blocked' && available !== 'blocked';

  it.skipIf(skipped)(
    'agrees with the reference in every operator, step and training',
    async () => {
      const report = await runConformance(onnxruntime, {
        lowering,
        steps: 6,
        evaluateGraph: (graph, feeds) =>
          lowering === 'blocked'
            ? evaluateGraph(graph, feeds, blocked(block))
            : evaluateGraph(graph, feeds, standard),
      });
      expect(report.passed, formatReport(report)).toBe(true);
      expect(report.results).toHaveLength(conformanceCases({ evaluateGraph: async () => new Map() }).length);
    },
    60_000,
  );

  it.skipIf(skipped)('continues from a state of the other lowering', async () => {
    const [one, other] = await Promise.all(
      [lowering, lowering === 'blocked' && available === 'blocked' ? 'standard' : lowering].map(name =>
        onnxruntime.open(program, { threads: 1, lowering: name }),
      ),
    );
    const state = exampleState(program);
    await one!.setState(state);
    expect(await one!.getState()).toEqual(state);
    await one!.trainStep(exampleBatch(program, 0), 0.1);
    await other!.setState(await one!.getState());
    const batch = exampleBatch(program, 1);
    const [a, c] = [await one!.trainStep(batch, 0.1), await other!.trainStep(batch, 0.1)];
    expect(Math.abs(a.loss - c.loss)).toBeLessThan(1e-5 * a.loss);
    await Promise.all([one!.close(), other!.close()]);
  });

  it.skipIf(skipped)('predicts any number of images as it predicts each', async () => {
    const session = await onnxruntime.open(program, { threads: 1, lowering });
    await session.setState(exampleState(program));
    const { images } = exampleBatch({ ...program, trainBatch: 9 }, 0);
    const together = await session.predict(images, 9);
    const pixels = images.length / 9;
    for (const i of [0, 5, 8]) {
      const alone = await session.predict(images.subarray(i * pixels, (i + 1) * pixels), 1);
      expect(alone).toEqual(together.subarray(i * 10, (i + 1) * 10));
    }
    await session.close();
  });
});

describe('probe', () => {
  it('finds the engine', async () => {
    const probe = await onnxruntime.probe();
    expect(probe).toMatchObject({ available: true, version: 'onnxruntime-node 1.30.0' });
  });

  it('falls back where it is told to, and says so', async () => {
    vi.stubEnv('RESIDUALS_ORT_LOWERING', 'standard');
    vi.resetModules(); // findings are kept for the life of a process
    const { probe } = await import('./probe.ts');
    expect(await probe()).toMatchObject({
      lowering: 'standard',
      notes: ['the blocked lowering is not used: RESIDUALS_ORT_LOWERING=standard'],
    });
    vi.unstubAllEnvs();
  });

  it('says why there is no blocked lowering', async () => {
    expect(await checkBlocked(0)).toBe('this ONNX Runtime has no blocked kernels');
  });

  it.skipIf(available !== 'blocked')('rejects a wrong block size by its results', async () => {
    expect(await checkBlocked(block * 2)).toMatch(/off by/);
  });
});

describe('what cannot be', () => {
  it('a lowering of another name', async () => {
    await expect(onnxruntime.open(program, { threads: 1, lowering: 'fast' })).rejects.toThrow(
      'onnxruntime: no lowering fast; expected one of: blocked, standard',
    );
  });

  it('a batch, a state or images of another size', async () => {
    const session = await onnxruntime.open(program, { threads: 1, lowering: 'standard' });
    const { images, labels } = exampleBatch(program, 0);
    await expect(session.trainStep({ images, labels: labels.subarray(1) }, 0.1)).rejects.toThrow(
      'labels: expected 4 values, received 3',
    );
    await expect(session.trainStep({ images: images.subarray(1), labels }, 0.1)).rejects.toThrow(
      'images: expected 768',
    );
    await expect(session.predict(images, 3)).rejects.toThrow('images: expected 576 values, received 768');
    const state = exampleState(program);
    await expect(session.setState({ ...state, velocity: state.velocity.subarray(1) })).rejects.toThrow(
      'velocity',
    );
    await session.close();
  });

  it('a blocked kernel on a channel count that is no multiple of the block', () => {
    const b = new BlockedBuilder(16);
    b.scope = 'conv1.y';
    const x = b.input('x', [1, 24, 4, 4]);
    expect(() => b.convolution({ x, w: x, filters: [16, 24, 3, 3] })).toThrow(
      'blocked lowering: convolution inputs of a group at conv1.y: expected a multiple of 16 channels, received 24',
    );
    expect(() => b.convolution({ x, w: x, filters: [24, 16, 3, 3] })).toThrow(
      'convolution outputs at conv1.y',
    );
    expect(() => b.convolution({ x, w: x, filters: [48, 4, 3, 3], group: 2 })).toThrow('outputs of a group');
    expect(() => b.reorderInput(x, 24)).toThrow('ReorderInput');
    expect(() => b.averagePool(x, 24)).toThrow('GlobalAveragePool');
  });
});
