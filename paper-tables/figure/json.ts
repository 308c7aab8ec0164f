import type { FigureView, LineView } from '../../harness/aggregate/types.ts';

/** A figure for programs: the last point of each curve, published and reproduced. */
export interface FigureJson {
  curves: CurveJson[];
}

interface CurveJson {
  panel: string;
  label: string;
  line: string;
  published: Point | null;
  reproduced: Point | null;
  seeds: number;
}

type Point = LineView['points'][number];

/** The last point of each curve of a figure. */
export function figureJson({ panels }: FigureView): FigureJson {
  return {
    curves: panels.flatMap(({ title, lines }) => {
      const curves = new Map(
        lines.map(({ label, line }) => [JSON.stringify([label, line]), { label, line }]),
      );
      return [...curves.values()].map(({ label, line }): CurveJson => {
        const own = lines.filter(each => each.label === label && each.line === line);
        const published = own.find(({ source }) => source === 'published');
        const ours = own.find(({ source }) => source === 'ours');
        return {
          panel: title,
          label,
          line,
          published: end(published),
          reproduced: end(ours),
          seeds: ours?.seeds ?? 0,
        };
      });
    }),
  };
}

function end(line: LineView | undefined): Point | null {
  return line?.points.at(-1) ?? null;
}
