import type { CostView } from '../harness/aggregate/types.ts';
import { billions, integer, nothing, signed } from './numbers.ts';
import type { Texts } from './text.ts';
import { markedWord } from './verdicts.ts';

/** A table of costs with its title. */
export interface CostTable {
  title: string;
  /** Of the table within its page. */
  id: string;
  texts: Texts;
}

/** A table of costs; of networks their parameters are counted too, of blocks the weights of their convolutions. */
export function costTable(
  title: string,
  costs: readonly CostView[],
  values: 'parameters' | 'weights',
): CostTable {
  const id = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return { title, id, texts: costTexts(costs, values) };
}

/** Costs as printed and as computed, one in a row. `values`: what is counted besides multiply-adds. */
function costTexts(costs: readonly CostView[], values: 'parameters' | 'weights'): Texts {
  const compares = costs.some(({ published }) => published !== null);
  const column = (label: string, align: 'left' | 'right' = 'right') => ({ label, align });
  return {
    columns: [
      column(values === 'parameters' ? 'network' : 'block', 'left'),
      ...(compares
        ? [column('paper, 10⁹'), column('computed'), column('residual'), column('verdict', 'left')]
        : []),
      column('exact FLOPs'),
      column(values),
    ],
    rows: costs.map(cost => [
      cost.counts === 'convolutions' ? `${cost.label}, convolutions` : cost.label,
      ...(compares
        ? [printedText(cost), billions(cost.multiplyAdds), residualText(cost), verdictText(cost)]
        : []),
      integer(cost.multiplyAdds),
      integer(cost.parameters),
    ]),
  };
}

/** The printed digits: `3.8` of `3.8×10^9` and of `3.8 billion`. */
function printedText({ published }: CostView): string {
  return published?.printed.match(/^[\d.]+/)?.[0] ?? nothing;
}

/** Computed minus printed, in billions. */
function residualText({ residual }: CostView): string {
  return residual === null ? nothing : signed(residual / 1e9, 3);
}

/** `✓ reproduced (truncated)`. */
export function verdictText({ verdict, printed }: CostView): string {
  if (verdict === null) return nothing;
  return printed === null ? markedWord(verdict) : `${markedWord(verdict)} (${printed})`;
}

/** How costs are counted and compared, and where the paper's own counts are not alike. */
export function costRemarks(costs: readonly CostView[], size: number): string[] {
  const printed = costs.filter(({ published }) => published !== null);
  if (printed.length === 0) return [];
  const truncated = printed.filter(cost => cost.printed === 'truncated').map(({ label }) => label);
  return [
    `FLOPs are multiply-adds of convolutions and fully connected layers for one ${size}×${size} image, computed exactly. A cost is reproduced when it has the printed digits, rounded or truncated, and differs otherwise.`,
    ...(truncated.length > 0 ? [`The paper truncates instead of rounding: ${truncated.join(', ')}.`] : []),
    ...printed.filter(({ counts }) => counts === 'convolutions').map(halfCounted),
  ];
}

/** A cost for programs. */
export type CostJson = Omit<CostView, 'allMultiplyAdds'>;

/** Published and computed multiply-adds, and parameters. */
export function costJson({ allMultiplyAdds: _, ...cost }: CostView): CostJson {
  return cost;
}

/** The paper's pair for VGG-16 and VGG-19 mixes two ways of counting. */
function halfCounted({ label, multiplyAdds, allMultiplyAdds, published }: CostView): string {
  return `${label}: ${published!.printed} is the cost of the convolutions alone, ${billions(multiplyAdds)}; with the fully connected layers it is ${billions(allMultiplyAdds)}.`;
}
