/// <reference lib="dom" />
/** A row is shown while it has all the words that are typed. */
export function filterRuns(): void {
  const input = document.querySelector<HTMLInputElement>('#filter');
  if (!input) return;
  const rows = [...document.querySelectorAll<HTMLElement>('#runs tbody tr')];
  input.addEventListener('input', () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !wanted.every(word => row.textContent!.toLowerCase().includes(word));
    const shown = rows.filter(row => !row.hidden).length;
    document.querySelector('#shown')!.textContent = `${shown} of ${rows.length}`;
  });
}
