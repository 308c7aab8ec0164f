import { countNetwork } from '../../ml/nets/counts.ts';
import { describeNetwork, type Layer, type Shortcut } from '../../ml/nets/describe.ts';
import type { Architecture, DescribedNetwork, PublishedValue, Target } from '../manifest/types.ts';
import { layerRows } from './architecture-rows.ts';
import type { ArchitectureView, CostView, DrawingView, DrawnNetwork, TargetView, TextCell } from './types.ts';

/** A table or drawing that follows from specifications alone. A pure function of its arguments. */
export function viewArchitecture(
  target: Target,
  architecture: Architecture,
  command: string,
): ArchitectureView | DrawingView {
  const { name, heading, title, page, profile, profileSummary, deviations } = target;
  const common: TargetView = {
    name,
    heading,
    title,
    page,
    profile,
    profileSummary,
    deviations: deviations.map(({ says }) => says),
    claims: [],
    remarks: [],
    machines: ['No machine: computed from the specifications when it was laid out, nothing is trained.'],
    command,
  };
  const { shows, size, networks, compared } = architecture;
  if (shows !== 'table') {
    const drawn = networks.map(network => drawnNetwork(network, size));
    return {
      ...common,
      kind: 'drawing',
      shows,
      networks: drawn,
      remarks: remarksOn(
        drawn.map(d => d.cost),
        size,
      ),
    };
  }
  const costs = networks.map(network => networkCost(network, size));
  const others = compared.map(network => networkCost(network, size));
  return {
    ...common,
    kind: 'architecture',
    rows: tableRows(architecture),
    costs,
    compared: others,
    remarks: remarksOn([...costs, ...others], size),
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
      outputSize: textCell(outputSizes[label], sizes.join(', ')),
      cells: networks.map(({ published }, i) =>
        textCell(published[label], columns[i]!.get(label)?.text ?? ''),
      ),
    };
  });
}

function textCell(published: PublishedValue | string | null | undefined, computed: string): TextCell {
  const text = typeof published === 'string' ? published : null;
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
  const first = description.layers[description.layers.indexOf(layers[0]!) - 1];
  const inputSize = first?.size ?? size;
  return {
    label,
    layers,
    shortcuts,
    inputSize,
    cost: costOf(
      described,
      parts,
      sum(parts, part => part.weights),
    ),
  };
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
function printedAs({ value, printed }: PublishedValue, count: number): CostView['printed'] {
  const decimals = printed.match(/^\d+\.(\d+)/)?.[1]?.length ?? 0;
  const unit = 1e9 / 10 ** decimals;
  const digits = Math.round(value / unit);
  if (Math.round(count / unit) === digits) return 'rounded';
  return Math.floor(count / unit) === digits ? 'truncated' : null;
}

function remarksOn(costs: readonly CostView[], size: number): string[] {
  const printed = costs.filter(({ published }) => published !== null);
  if (printed.length === 0) return [];
  const truncated = printed.filter(cost => cost.printed === 'truncated').map(({ label }) => label);
  return [
    `FLOPs are multiply-adds of convolutions and fully connected layers for one ${size}×${size} image, computed exactly. A cost is reproduced when it has the printed digits, rounded or truncated; it differs otherwise.`,
    ...(truncated.length > 0 ? [`Truncated, not rounded, in the paper: ${truncated.join(', ')}.`] : []),
    ...printed.filter(({ counts }) => counts === 'convolutions').map(halfCounted),
  ];
}

/** The paper's pair for VGG-16 and VGG-19 mixes two ways of counting. */
function halfCounted({ label, multiplyAdds, allMultiplyAdds, published }: CostView): string {
  const billions = (count: number) => (count / 1e9).toFixed(3);
  return `${label}: ${published!.printed} is the cost of the convolutions alone, ${billions(multiplyAdds)}; with the fully connected layers it is ${billions(allMultiplyAdds)}.`;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
