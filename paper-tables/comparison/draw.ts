import { readFileSync } from 'node:fs';
import { type ComparedTraining, exact } from '../../harness/compare/types.ts';
import { drawSpec, figureStyle } from '../figure/draw.ts';
import { palette } from '../figure/styles.ts';
import { loadTypeface } from '../glyphs.ts';
import { followed, offFrom, roundSteps, titleOf, verdictSentences } from './wording.ts';

/** Draws losses and distances of a comparison as SVG, texts as outlines. The same comparison gives the same bytes. */
export async function drawComparison(training: ComparedTraining): Promise<string> {
  const says = verdictSentences(training).join(' ');
  return drawSpec(comparisonSpec(training), await loadTypeface(), titleOf(training), says);
}

/** The Vega-Lite specification, with its data. */
function comparisonSpec(training: ComparedTraining): object {
  const template = JSON.parse(readFileSync(new URL('comparison.vl.json', import.meta.url), 'utf8'));
  const engines = followed(training).map(({ backend }) => backend);
  const domain = [exact, ...engines];
  const range = ['#000000', ...engines.map((_, i) => palette.filter(each => each !== '#000000')[i % 6]!)];
  const [losses, distances] = template.hconcat;
  losses.title = { text: titleOf(training), subtitle: 'loss of each step', frame: 'group' };
  distances.title = { text: 'Distance of the losses', subtitle: offFrom(training), frame: 'group' };
  losses.data = { values: lossPoints(training) };
  const points = distancePoints(training);
  distances.data = { values: points };
  const decades = decadesOf(points.flatMap(({ distance }) => distance ?? []));
  distances.encoding.y.scale.domain = [decades[0], decades.at(-1)];
  distances.encoding.y.axis.values = decades;
  for (const panel of [losses, distances]) {
    panel.encoding.color.scale = { domain, range };
    panel.encoding.x.axis = { values: roundSteps(training.steps) };
    panel.encoding.x.scale.domain = [1, training.steps];
  }
  return { config: figureStyle(), ...template, resolve: { scale: { strokeDash: 'independent' } } };
}

function lossPoints(training: ComparedTraining): object[] {
  const reference = training.exact.map((loss, i) => ({ step: i + 1, engine: exact, loss, exact: true }));
  const engines = followed(training).flatMap(({ backend, losses }) =>
    losses.map((loss, i) => ({ step: i + 1, engine: backend, loss })),
  );
  return [...engines, ...reference];
}

interface DistancePoint {
  step: number;
  engine: string;
  what: 'distance' | 'allowed';
  distance: number | null;
  departs?: true;
}

/** What is 0 has no place on a logarithmic axis. */
function distancePoints(training: ComparedTraining): DistancePoint[] {
  return followed(training).flatMap(({ backend, steps, departs }) =>
    steps.flatMap((verdict, i): DistancePoint[] => {
      if (!verdict || Number.isNaN(verdict.deviation)) return [];
      const step = i + 1;
      const { deviation, gap } = verdict;
      const off = deviation > 0 ? deviation : null;
      const here = departs?.step === step && departs.in === 'loss';
      return [
        { step, engine: backend, what: 'distance', distance: off, ...(here && { departs: true }) },
        { step, engine: backend, what: 'allowed', distance: training.factor * gap },
      ];
    }),
  );
}

/** The powers of ten around values. */
function decadesOf(values: readonly number[]): number[] {
  const exponents = values.map(Math.log10);
  const [low, high] = [Math.floor(Math.min(...exponents)), Math.ceil(Math.max(...exponents))];
  return Array.from({ length: high - low + 1 }, (_, i) => Number(`1e${low + i}`));
}
