/// <reference lib="dom" />
import { checkPage, checkSite } from './checks.ts';
import { compareRuns } from './compare.ts';
import { readCharts } from './cursor.ts';
import { filterRuns } from './filter.ts';
import { residuals } from './shared.ts';
import { switchTheme } from './theme.ts';

// Records, data of pages and the check are scripts of their own.
Object.assign(globalThis, { residuals });

// Deferred, it runs once the page is there; within a page the scripts after it come first.
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready);
else ready();

function ready(): void {
  switchTheme();
  filterRuns();
  readCharts();
  compareRuns();
  checkPage();
  checkSite();
}
