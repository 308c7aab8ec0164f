import { readFileSync } from 'node:fs';
import { type ComparedTraining, exact } from '../../harness/compare/types.ts';
import { drawSpec, figureStyle } from '../figure/draw.ts';
import { palette } from '../figure/styles.ts';
import { loadTypeface } from '../glyphs.ts';
import { followed, offFrom, titleOf, verdictSentences } from './wording.ts';

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
  losses.title = { text: titleOf(training), subtitle: 'Loss of each step' };
  distances.title = { text: 'Distance', subtitle: offFrom(training) };
  losses.data = { values: lossPoints(training) };
  distances.data = { values: distancePoints(training) };
  for (const panel of [losses, distances]) panel.encoding.color.scale = { domain, range };
  return { config: figureStyle(), ...template, resolve: { scale: { strokeDash: 'independent' } } };
}

function lossPoints(training: ComparedTraining): object[] {
  const reference = training.exact.map((loss, i) => ({ step: i + 1, engine: exact, loss, exact: true }));
  const engines = followed(training).flatMap(({ backend, losses }) =>
    losses.map((loss, i) => ({ step: i + 1, engine: backend, loss })),
  );
  return [...engines, ...reference];
}

/** What is 0 has no place on a logarithmic axis. */
function distancePoints(training: ComparedTraining): object[] {
  return followed(training).flatMap(({ backend, steps, departs }) =>
    steps.flatMap((verdict, i) => {
      if (!verdict || Number.isNaN(verdict.deviation)) return [];
      const step = i + 1;
      const { deviation, gap } = verdict;
      const off = { step, engine: backend, what: 'off', distance: deviation > 0 ? deviation : null };
      const here = departs?.step === step && departs.in === 'loss';
      return [
        { ...off, ...(here && { departs: true }) },
        { step, engine: backend, what: 'allowed', distance: training.factor * gap },
      ];
    }),
  );
}
