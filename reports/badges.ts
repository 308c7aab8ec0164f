import { escapeXml } from '../paper-tables/escape.ts';
import { kindOf } from '../paper-tables/kinds.ts';
import type { Group, Site } from './model.ts';

/** Badges of every table and figure, as SVG and as the JSON of Shields. None says "reproduced" of a scaled-down run. */
export function badges({ groups }: Site): [name: string, content: string][] {
  return groups.flatMap(group =>
    group.targets.flatMap(({ view }) => {
      const { name, heading } = view;
      const { message, color } = badgeOf(group, view);
      const shields = { schemaVersion: 1, label: heading, message, color };
      return [
        [`${group.folder}-${name}.json`, `${JSON.stringify(shields)}\n`] as [string, string],
        [`${group.folder}-${name}.svg`, svg(heading, message, color)] as [string, string],
      ];
    }),
  );
}

function badgeOf(
  { profile, faithful }: Group,
  view: Group['targets'][number]['view'],
): { message: string; color: string } {
  const all = [...kindOf(view).verdicts(view), ...view.claims.map(({ verdict }) => verdict)];
  const of = (...words: string[]) =>
    all.filter(verdict => verdict !== null && words.includes(verdict)).length;
  const good = of('reproduced', 'consistent', 'confirmed', 'seen at this scale');
  const bad = of('differs', 'contradicted', 'not seen at this scale', 'reversed at this scale');
  const open = of('inconclusive');
  const message = `${profile}: ✓${good} ✕${bad} ?${open}`;
  if (bad > 0) return { message, color: 'orange' };
  return { message, color: faithful && good > 0 && open === 0 ? 'green' : 'lightgrey' };
}

const colours: Readonly<Record<string, string>> = {
  green: '#0a6b4e',
  orange: '#b02a00',
  lightgrey: '#59636e',
};

function svg(label: string, message: string, color: string): string {
  const widthOf = (text: string) => Math.round(12 + 6.6 * [...text].length);
  const [left, right] = [widthOf(label), widthOf(message)];
  const whole = `${label}: ${message}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${escapeXml(whole)}">`,
    `<title>${escapeXml(whole)}</title>`,
    `<rect width="${left}" height="20" fill="#333"/><rect x="${left}" width="${right}" height="20" fill="${colours[color]}"/>`,
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">',
    `<text x="${left / 2}" y="14">${escapeXml(label)}</text><text x="${left + right / 2}" y="14">${escapeXml(message)}</text>`,
    '</g></svg>',
    '',
  ].join('\n');
}
