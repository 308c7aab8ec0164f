import { printedIn, problemsOf } from '../check.ts';
import type { TargetData } from '../types.ts';
import type { Residuals } from './shared.ts';

declare const residuals: Residuals;

residuals.check = (data: TargetData, markup: string | null) =>
  problemsOf(
    data,
    key => residuals.records.get(key) ?? null,
    markup === null ? data.printed : printedIn(markup),
  );
