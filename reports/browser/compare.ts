/// <reference lib="dom" />
import { load, residuals } from './shared.ts';

/** Two runs side by side, as `compare.html#a=<16 digits>&b=<16 digits>` names them: what differs first. */
export async function compareRuns(): Promise<void> {
  const table = document.querySelector<HTMLTableElement>('#compared');
  const form = document.querySelector<HTMLFormElement>('#compare');
  if (!table || !form) return;
  const [a, b] = [...form.querySelectorAll('select')] as [HTMLSelectElement, HTMLSelectElement];
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const [select, name] of [
    [a, 'a'],
    [b, 'b'],
  ] as const) {
    const value = asked.get(name);
    if (value !== null && [...select.options].some(option => option.value === value)) select.value = value;
    select.addEventListener('change', show);
  }
  await show();

  async function show(): Promise<void> {
    history.replaceState(null, '', `#a=${a.value}&b=${b.value}`);
    await Promise.all([a, b].map(({ value }) => load(`data/runs/${value}.js`).catch(() => {})));
    const sides = [a, b].map(({ value }) => leavesOf(value));
    const names = [...new Set(sides.flatMap(side => [...side.keys()]))];
    const rows = names.map(
      name => [name, ...sides.map(side => side.get(name) ?? '–')] as [string, string, string],
    );
    const [differ, same] = [rows.filter(([, x, y]) => x !== y), rows.filter(([, x, y]) => x === y)];
    table!.tBodies[0]!.replaceChildren(...[...differ, ...same].map(row => rowOf(row)));
    document.querySelector('#differences')!.textContent = `${differ.length} of ${rows.length} differ.`;
  }

  function leavesOf(name: string): Map<string, string> {
    const key = [...residuals.records.keys()].find(each => each.startsWith(name));
    const leaves = new Map<string, string>();
    const walk = (value: unknown, path: string) => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        for (const [step, inner] of Object.entries(value))
          walk(inner, path === '' ? step : `${path}.${step}`);
      else leaves.set(path, JSON.stringify(value));
    };
    if (key === undefined) return leaves;
    const { network, identity, result, provenance } = JSON.parse(residuals.records.get(key)!);
    walk({ network, identity, measures: result.measures, digests: result.digests, provenance }, '');
    return leaves;
  }

  function rowOf([name, x, y]: [string, string, string]): HTMLElement {
    const row = document.createElement('tr');
    if (x !== y) row.className = 'differs';
    for (const [i, text] of [name, x, y].entries()) {
      const cell = document.createElement(i === 0 ? 'th' : 'td');
      if (i === 0) cell.setAttribute('scope', 'row');
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }
}
