import type { Description, Layer } from '../../ml/nets/describe.ts';

/** What a network has in a row of Table 1. */
export interface LayerRow {
  /** `56×56`. */
  outputSize: string;
  /** `[3×3, 64; 3×3, 64] ×2`. */
  text: string;
}

/** A network in the form of Table 1: rows by stage, in the order of the layers. */
export function layerRows({ layers }: Description): Map<string, LayerRow> {
  const stages = [...new Set(layers.map(({ stage }) => stage))];
  return new Map(
    stages.map(stage => {
      const inside = layers.filter(layer => layer.stage === stage);
      const { size } = inside.at(-1)!;
      return [stage, { outputSize: `${size}×${size}`, text: stageText(stage, inside) }];
    }),
  );
}

function stageText(stage: string, layers: readonly Layer[]): string {
  if (stage === 'head') return [...layers.map(headText), 'softmax'].join(', ');
  const blocks = [...new Set(layers.map(({ block }) => block))];
  if (blocks.includes(null)) return layers.map(singleText).join('; ');
  return repeated(blocks.map(block => blockText(layers.filter(layer => layer.block === block))));
}

function headText({ kind, filters }: Layer): string {
  return kind === 'averagePool' ? 'global average pool' : `${filters}-way fully connected`;
}

function singleText({ kind, kernel, filters, stride }: Layer): string {
  const window = `${kernel}×${kernel}`;
  const strides = stride > 1 ? `, stride ${stride}` : '';
  return kind === 'maxPool' ? `${window} max pool${strides}` : `${window}, ${filters} filters${strides}`;
}

/** Strides are left out: the caption says which layers halve the resolution. */
function blockText(layers: readonly Layer[]): string {
  return `[${layers.map(({ kernel, filters }) => `${kernel}×${kernel}, ${filters}`).join('; ')}]`;
}

/** Equal blocks in succession are told once: `[...] ×3`. */
function repeated(blocks: readonly string[]): string {
  const runs: { block: string; times: number }[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last?.block === block) last.times++;
    else runs.push({ block, times: 1 });
  }
  return runs.map(({ block, times }) => `${block} ×${times}`).join(' ');
}
