import { countNetwork } from '../../ml/nets/counts.ts';
import { describeNetwork, type Layer, type Shortcut } from '../../ml/nets/describe.ts';
import type {
  Architecture,
  ArchitectureTarget,
  DescribedNetwork,
  PublishedCell,
  PublishedValue,
} from '../manifest/types.ts';
import { own } from '../own.ts';
import { layerRows } from './architecture-rows.ts';
import type { ArchitectureView, CostView, DrawingView, DrawnNetwork, TargetView, TextCell } from './types.ts';

/** A table or drawing that follows from specifications alone, with what all views have in common. */
export function viewArchitecture(
  { architecture }: ArchitectureTarget,
  common: TargetView,
): ArchitectureView | DrawingView {
  const { shows, size, networks, compared } = architecture;
  if (shows !== 'table') {
    const drawn = networks.map(network => drawnNetwork(network, size));
    return { ...common, kind: 'drawing', shows, size, networks: drawn };
  }
  return {
    ...common,
    kind: 'architecture',
    size,
    rows: tableRows(architecture),
    costs: networks.map(network => networkCost(network, size)),
    compared: compared.map(network => networkCost(network, size)),
  };
}

/** The printed texts beside the computed ones, in the order of the layers. */
function tableRows({ networks, size, outputSizes }: Architecture): ArchitectureView['rows'] {
  const columns = networks.map(({ network }) => layerRows(describeNetwork(network, size)));
  const labels = [...new Set(columns.flatMap(column => [...column.keys()]))];
  return labels.map(label => {
    const sizes = [...new Set(columns.flatMap(column => column.get(label)?.outputSize ?? []))];
    return {
      label,
      outputSize: textCell(own(outputSizes, label), sizes.join(', ')),
      cells: networks.map(({ published }, i) =>
        textCell(own(published, label), columns[i]!.get(label)?.text ?? ''),
      ),
    };
  });
}

function textCell(published: PublishedCell | undefined, computed: string): TextCell {
  const text = published?.kind === 'fact' ? published.printed : null;
  return {
    published: text,
    computed,
    verdict: text === null ? null : text === computed ? 'reproduced' : 'differs',
  };
}

function drawnNetwork(described: DescribedNetwork, size: number): DrawnNetwork {
  const { label, network, block } = described;
  const description = describeNetwork(network, size);
  if (block === undefined) {
    return { label, ...description, inputSize: size, cost: networkCost(described, size) };
  }
  const layers = description.layers.filter(layer => layer.block === block);
  const shortcuts = description.shortcuts.filter(shortcut => shortcut.block === block);
  const parts = [...layers, ...shortcuts];
  const before = description.layers[description.layers.indexOf(layers[0]!) - 1];
  const weights = sum(parts, part => part.weights);
  const cost = costOf(described, parts, weights);
  return { label, layers, shortcuts, inputSize: before?.size ?? size, cost };
}

function networkCost(described: DescribedNetwork, size: number): CostView {
  const { layers, shortcuts } = describeNetwork(described.network, size);
  const { parameters } = countNetwork(described.network, size);
  return costOf(described, [...layers, ...shortcuts], parameters);
}

function costOf(
  { label, cost: published, counts }: DescribedNetwork,
  parts: readonly (Layer | Shortcut)[],
  parameters: number,
): CostView {
  const allMultiplyAdds = sum(parts, part => part.multiplyAdds);
  const dense = sum(parts, part => (part.kind === 'dense' ? part.multiplyAdds : 0));
  const multiplyAdds = counts === 'convolutions' ? allMultiplyAdds - dense : allMultiplyAdds;
  const printed = published && printedAs(published, multiplyAdds);
  return {
    label,
    published,
    counts,
    multiplyAdds,
    allMultiplyAdds,
    parameters,
    residual: published && multiplyAdds - published.value,
    printed,
    verdict: published && (printed ? 'reproduced' : 'differs'),
  };
}

/** Whether a count prints as published, with as many decimals: rounded, or with the others cut off. */
function printedAs({ value, decimals }: PublishedValue, count: number): CostView['printed'] {
  const unit = 1e9 / 10 ** decimals;
  const digits = Math.round(value / unit);
  if (Math.round(count / unit) === digits) return 'rounded';
  return Math.floor(count / unit) === digits ? 'truncated' : null;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
