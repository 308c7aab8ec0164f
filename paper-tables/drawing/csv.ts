import type { DrawingView } from '../../harness/aggregate/types.ts';
import { csv } from '../csv.ts';

const header = [
  ...['network', 'block', 'layer', 'kind', 'kernel', 'stride', 'inputs', 'filters', 'output_size'],
  ...['multiply_adds', 'weights'],
];

/** Every layer and shortcut of a drawing as a record: sizes in pixels, inputs and filters in channels. */
export function drawingCsv({ networks }: DrawingView): string {
  const records = networks.flatMap(({ label, layers, shortcuts }) => [
    ...layers.map(layer => [
      ...[label, layer.block, layer.name, layer.kind, layer.kernel, layer.stride, layer.inputs],
      ...[layer.filters, layer.size, layer.multiplyAdds, layer.weights],
    ]),
    ...shortcuts.map(({ block, kind, inputs, multiplyAdds, weights }) => [
      ...[label, block, 'shortcut', kind, null, null, inputs, null, null, multiplyAdds, weights],
    ]),
  ]);
  return csv(header, records);
}
