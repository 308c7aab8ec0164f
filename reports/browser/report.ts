/// <reference lib="dom" />
import type { TargetData } from '../types.ts';

/** What the scripts of a site share. */
export interface Residuals {
  records: Map<string, string>;
  targets: Map<string, TargetData>;
  record(key: string, text: string): void;
  target(data: TargetData): void;
  /** `markup`: what a page prints; null for the copy that comes with its data. */
  check?(data: TargetData, markup: string | null): string[];
}

/** Scripts that were asked for, by path. */
const loading = new Map<string, Promise<void>>();

const up = document.currentScript!.getAttribute('src')?.replace(/assets\/report\.js$/, '') ?? '';

/** Whether all scripts are in the page: nothing is left to be loaded. */
const isOneFile = document.querySelector('meta[name="residuals"]') !== null;
const residuals: Residuals = {
  records: new Map(),
  targets: new Map(),
  record(key, text) {
    this.records.set(key, text);
  },
  target(data) {
    this.targets.set(`${data.folder}/${data.target.name}`, data);
  },
};
Object.assign(globalThis, { residuals });

// Deferred, it runs once the page is there; within a page the scripts after it come first.
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready);
else ready();

function ready(): void {
  switchTheme();
  filterRuns();
  compareRuns();
  checkPage();
  checkSite();
}

/** As the system has it, light, or dark; nothing else is kept in the browser. */
function switchTheme(): void {
  const themes = ['auto', 'light', 'dark'];
  const button = document.createElement('button');
  let theme = remembered();
  const show = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.type = 'button';
  button.className = 'theme';
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    try {
      localStorage.setItem('theme', theme);
    } catch {} // not kept, then
    show();
  });
  show();
  document.querySelector('nav')?.append(button);

  function remembered(): string {
    try {
      const kept = localStorage.getItem('theme') ?? 'auto';
      return themes.includes(kept) ? kept : 'auto';
    } catch {
      return 'auto';
    }
  }
}

/** Two runs side by side, as `compare.html#a=<16 digits>&b=<16 digits>` names them: what differs first. */
async function compareRuns(): Promise<void> {
  const table = document.querySelector<HTMLTableElement>('#compared');
  const form = document.querySelector<HTMLFormElement>('#compare');
  if (!table || !form) return;
  form.hidden = false;
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

/** A row is shown while it has all the words that are typed. */
function filterRuns(): void {
  const input = document.querySelector<HTMLInputElement>('#filter');
  if (!input) return;
  const rows = [...document.querySelectorAll<HTMLElement>('#runs tbody tr')];
  input.closest<HTMLElement>('.filter')!.hidden = false;
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !wanted.every(word => row.textContent!.toLowerCase().includes(word));
    const shown = rows.filter(row => !row.hidden).length;
    document.querySelector('#shown')!.textContent = `${shown} of ${rows.length}`;
  });
}

/** The button that checks the table or figure of this page against its records. */
function checkPage(): void {
  const place = document.querySelector<HTMLElement>('[data-check]');
  if (!place) return;
  place.hidden = false;
  const button = place.querySelector('button')!;
  const list = place.querySelector('ul')!;
  const output = place.querySelector('output')!;
  button.addEventListener('click', async () => {
    button.disabled = true;
    output.textContent = 'Reading the records ...';
    const problems = await problemsOf(place.dataset.check!, document.querySelector('main')!.innerHTML);
    list.replaceChildren(...problems.map(item));
    const { jobs, beside } = residuals.targets.get(place.dataset.check!) ?? { jobs: [], beside: [] };
    const runs = new Set([...jobs, ...beside].map(({ key }) => key)).size;
    output.textContent =
      problems.length === 0
        ? `✓ ${runs} records: bytes, keys, results, and every value on this page derived again.`
        : `✕ ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:`;
    output.dataset.state = problems.length === 0 ? 'good' : 'bad';
    button.disabled = false;
  });
  if (location.hash === '#check') button.click();
}

/** Checks all pages from one place; what they print cannot be read from here when they lie on a disk, so that each names itself. */
function checkSite(): void {
  const button = document.querySelector<HTMLButtonElement>('#check');
  if (!button) return;
  button.closest<HTMLElement>('.check')!.hidden = false;
  const items = [...document.querySelectorAll<HTMLElement>('#checked > li')];
  const progress = document.querySelector<HTMLElement>('#progress')!;
  button.addEventListener('click', async () => {
    button.disabled = true;
    let bad = 0;
    for (const [i, li] of items.entries()) {
      progress.textContent = `${i} of ${items.length} ...`;
      const problems = await problemsOf(li.dataset.page!, null);
      if (problems.length > 0) bad++;
      li.querySelector('span')!.textContent = problems.length === 0 ? '✓' : `✕ ${problems.join('; ')}`;
    }
    progress.textContent =
      bad === 0
        ? `✓ ${items.length} pages follow from their records.`
        : `✕ ${bad} of ${items.length} pages do not.`;
    progress.dataset.state = bad === 0 ? 'good' : 'bad';
    button.disabled = false;
  });
  if (location.hash === '#check') button.click();
}

/** `markup`: what the page prints; the copy of it that comes with its data when null. */
async function problemsOf(page: string, markup: string | null): Promise<string[]> {
  try {
    await Promise.all([load('assets/check.js'), load(`data/targets/${page}.js`)]);
  } catch (error) {
    return [(error as Error).message];
  }
  const data = residuals.targets.get(page)!;
  const keys = [...new Set([...data.jobs, ...data.beside].map(({ key }) => key))];
  // A record that does not load is named by the check.
  for (let at = 0; at < keys.length; at += 20)
    await Promise.all(
      keys.slice(at, at + 20).map(key => load(`data/runs/${key.slice(0, 16)}.js`).catch(() => {})),
    );
  return residuals.check!(data, markup);
}

function load(path: string): Promise<void> {
  if (isOneFile) return Promise.resolve();
  const known = loading.get(path);
  if (known) return known;
  const loaded = new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = up + path;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${path} is missing`));
    document.head.append(script);
  });
  loading.set(path, loaded);
  return loaded;
}

function item(text: string): HTMLElement {
  const li = document.createElement('li');
  li.className = 'problem';
  li.textContent = text;
  return li;
}
