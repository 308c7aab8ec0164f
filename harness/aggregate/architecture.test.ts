import { describe, expect, it } from 'vitest';
import { imageNetNetwork, type ResidualNetwork } from '../../ml/nets/spec.ts';
import { loadTargets } from '../manifest/load.ts';
import { type ArchitectureTarget, networksOf, type Target } from '../manifest/types.ts';
import { viewTarget } from './aggregate.ts';
import { layerRows } from './architecture-rows.ts';
import { runsOf } from './runs.ts';
import type { ArchitectureView, DrawingView } from './types.ts';

async function target(name: string, profile = 'mini'): Promise<ArchitectureTarget> {
  return (await loadTargets([name], profile))[0] as ArchitectureTarget;
}

async function view<V extends ArchitectureView | DrawingView>(of: Target): Promise<V> {
  return (await viewTarget(
    of,
    runsOf([], () => null),
    [],
    { command: `npm run reproduce ${of.name}` },
  )) as V;
}

/** The target with one of its networks changed. */
function changed(of: ArchitectureTarget, label: string, set: Partial<ResidualNetwork>): Target {
  const networks = of.architecture.networks.map(each =>
    each.label === label ? { ...each, network: { ...(each.network as ResidualNetwork), ...set } } : each,
  );
  return { ...of, architecture: { ...of.architecture, networks } };
}

describe('Table 1', () => {
  it('says what the paper prints, in every cell', async () => {
    const { rows } = await view<ArchitectureView>(await target('table1'));
    expect(rows.map(({ label }) => label)).toEqual([
      ...['conv1', 'pool1', 'conv2_x', 'conv3_x', 'conv4_x', 'conv5_x', 'head'],
    ]);
    for (const { outputSize, cells } of rows) {
      for (const { published, computed, verdict } of [outputSize, ...cells]) {
        expect(computed).toBe(published);
        expect(verdict).toBe('reproduced');
      }
    }
  });

  it('counts exactly, and says how the printed digits come about', async () => {
    const { costs, compared } = await view<ArchitectureView>(await target('table1'));
    const shown = [...costs, ...compared].map(cost => [
      ...[
        cost.label,
        cost.published?.printed,
        cost.multiplyAdds,
        cost.parameters,
        cost.printed,
        cost.verdict,
      ],
    ]);
    expect(shown).toEqual([
      ['18-layer', '1.8×10^9', 1_794_805_760, 11_515_688, 'rounded', 'reproduced'],
      ['34-layer', '3.6×10^9', 3_644_493_824, 21_623_848, 'rounded', 'reproduced'],
      ['50-layer', '3.8×10^9', 3_857_973_248, 25_557_032, 'truncated', 'reproduced'],
      ['101-layer', '7.6×10^9', 7_570_194_432, 44_549_160, 'rounded', 'reproduced'],
      ['152-layer', '11.3×10^9', 11_282_415_616, 60_192_808, 'rounded', 'reproduced'],
      ['34-layer with option B', '3.6×10^9', 3_663_761_408, 21_797_672, 'truncated', 'reproduced'],
      ['34-layer with option C', undefined, 3_830_747_136, 22_716_840, null, null],
      ['50-layer v1.5', undefined, 4_089_184_256, 25_557_032, null, null],
      ['VGG-16', '15.3 billion', 15_346_630_656, 138_357_544, 'rounded', 'reproduced'],
      ['VGG-19', '19.6 billion', 19_632_062_464, 143_667_240, 'rounded', 'reproduced'],
    ]);
    expect(costs[2]!.residual).toBe(57_973_248);
  });

  it('says which of the VGG costs leaves the fully connected layers out', async () => {
    const { compared } = await view<ArchitectureView>(await target('table1'));
    const vgg = compared.filter(({ label }) => label.startsWith('VGG'));
    expect(vgg.map(({ counts, allMultiplyAdds }) => [counts, allMultiplyAdds])).toEqual([
      ['convolutions', 15_470_264_320],
      ['network', 19_632_062_464],
    ]);
  });

  it('is the same under every profile, and runs nothing', async () => {
    const paper = await view<ArchitectureView>(await target('table1', 'paper'));
    const smoke = await view<ArchitectureView>(await target('table1', 'smoke'));
    const { profile, faithful } = paper;
    expect({ ...smoke, profile, faithful }).toEqual(paper);
    expect(networksOf(await target('table1'))).toEqual([]);
    expect(smoke.machines).toEqual([]);
  });

  it('differs where a network is another', async () => {
    const v15 = changed(await target('table1'), '50-layer', { strideIn: '3x3' });
    const { costs } = await view<ArchitectureView>(v15);
    expect(costs[2]).toMatchObject({ multiplyAdds: 4_089_184_256, printed: null, verdict: 'differs' });
    const deeper = changed(await target('table1'), '18-layer', { blocks: [2, 2, 3, 2] });
    const { rows } = await view<ArchitectureView>(deeper);
    expect(rows.find(({ label }) => label === 'conv4_x')!.cells[0]).toEqual({
      published: '[3×3, 256; 3×3, 256] ×2',
      computed: '[3×3, 256; 3×3, 256] ×3',
      verdict: 'differs',
    });
  });
});

describe('layerRows', () => {
  it('keeps unlike blocks of a stage apart', () => {
    const layer = (block: string, filters: number) => ({
      ...{ kind: 'convolution' as const, name: `${block}a`, stage: 'conv2_x', block, kernel: 3, stride: 1 },
      ...{ inputs: 8, filters, size: 8, multiplyAdds: 0, weights: 0 },
    });
    const layers = [layer('conv2_1', 8), layer('conv2_2', 8), layer('conv2_3', 4)];
    const rows = layerRows({ name: 'x', size: 8, layers, shortcuts: [] });
    expect(rows.get('conv2_x')).toEqual({ outputSize: '8×8', text: '[3×3, 8] ×2 [3×3, 4] ×1' });
  });
});

describe('drawings', () => {
  it('of Figure 5 hold one block of each net, with its cost on 56x56', async () => {
    const { networks } = await view<DrawingView>(await target('figure5'));
    expect(
      networks.map(({ inputSize, layers, shortcuts }) => [inputSize, layers.length, shortcuts.length]),
    ).toEqual([
      [56, 2, 1],
      [56, 3, 1],
    ]);
    expect(networks.map(({ cost }) => [cost.multiplyAdds, cost.parameters])).toEqual([
      [231_211_008, 73_728],
      [218_365_952, 69_632],
    ]);
  });

  it('of Figure 3 set 3.6 and 19.6 billion against exact counts', async () => {
    const { networks } = await view<DrawingView>(await target('figure3'));
    expect(networks.map(({ label, cost }) => [label, cost.multiplyAdds, cost.verdict])).toEqual([
      ['VGG-19', 19_632_062_464, 'reproduced'],
      ['34-layer plain', 3_644_493_824, 'reproduced'],
      ['34-layer residual', 3_644_493_824, 'reproduced'],
    ]);
  });

  it('describe the networks of the protocol', async () => {
    const [, plain, residual] = (await target('figure3')).architecture.networks;
    expect(plain!.network).toEqual(imageNetNetwork(34, 'none'));
    expect(residual!.network).toEqual(imageNetNetwork(34, 'A'));
  });
});
