import {
  type CaseResult,
  type ConformanceReport,
  measured,
  type RungResult,
} from '../backends/conformance/report.ts';
import { escapeXml } from '../paper-tables/escape.ts';
import {
  conformanceHeading,
  conformanceNote,
  departureSentences,
  hasNoOperators,
  noOperators,
  row,
  verdict,
} from './conformance-text.ts';

/** A report as one page of HTML that needs no other file. */
export function conformancePage(report: ConformanceReport): string {
  const title = escapeXml(`Conformance of ${report.backend}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
<h1>${title}</h1>
${paragraph(conformanceHeading(report))}
${paragraph(verdict(report))}
<table>
<thead><tr>${headings.map(each => `<th scope="col">${each}</th>`).join('')}</tr></thead>
<tbody>
${report.rungs.map(rungRow).join('\n')}
</tbody>
</table>
${paragraph(conformanceNote)}
${hasNoOperators(report) ? paragraph(noOperators) : ''}
${report.rungs
  .filter(({ status }) => status !== 'not run')
  .map(rung => section(rung, report.results))
  .join('\n')}
</html>
`;
}

const headings = ['rung', 'result', 'cases', 'deviation', 'allowed', 'time', 'peak'];

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .75rem;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
.departs{color:#a40000;font-weight:600}summary{cursor:pointer;margin:.5rem 0}`;

function rungRow(rung: RungResult): string {
  const [name, ...cells] = row(rung);
  const data = cells.map(cell => `<td>${escapeXml(cell)}</td>`).join('');
  return `<tr class="${rung.status.replace(' ', '-')}"><th scope="row">${escapeXml(name!)}</th>${data}</tr>`;
}

/** The cases of a rung, unfolded where one departs. */
function section(rung: RungResult, results: readonly CaseResult[]): string {
  const own = results.filter(each => each.rung === rung.rung);
  const first =
    rung.status === 'departs'
      ? `<p class="departs">Departs first in ${escapeXml(rung.first!.case)}</p>\n${departureSentences(rung).map(paragraph).join('\n')}`
      : '';
  return `<details${rung.status === 'departs' ? ' open' : ''}>
<summary>${escapeXml(`${rung.rung}: ${rung.says}`)}</summary>
${first}
<table><tbody>
${own.map(caseRow).join('\n')}
</tbody></table>
</details>`;
}

function caseRow({ name, passed, comparisons, departure, error, wrong }: CaseResult): string {
  const rounded = comparisons.filter(({ kind }) => kind === 'rounding');
  const largest = rounded.toSorted((a, b) => b.error / b.tolerance - a.error / a.tolerance)[0];
  const shown = departure ?? largest;
  const said = error ?? (shown ? `${shown.what}: ${measured(shown)}` : 'to the bit');
  const cells = [
    name,
    passed ? 'agrees' : 'departs',
    said,
    wrong === null ? '' : `Wrong readings: ${wrong}.`,
  ];
  const data = cells.map(cell => `<td>${escapeXml(cell)}</td>`).join('');
  return `<tr class="${passed ? 'agrees' : 'departs'}">${data}</tr>`;
}

function paragraph(text: string): string {
  return `<p>${escapeXml(text)}</p>`;
}
