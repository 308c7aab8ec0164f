/// <reference lib="dom" />
import { load, residuals } from './shared.ts';

/** The button that checks the table or figure of this page against its records. */
export function checkPage(): void {
  const place = document.querySelector<HTMLElement>('[data-check]');
  if (!place) return;
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
export function checkSite(): void {
  const button = document.querySelector<HTMLButtonElement>('#check');
  if (!button) return;
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

function item(text: string): HTMLElement {
  const li = document.createElement('li');
  li.className = 'problem';
  li.textContent = text;
  return li;
}
