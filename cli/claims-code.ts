import type { ClaimVerdict } from '../harness/aggregate/types.ts';
import { exitCodes } from '../harness/errors.ts';

/** What claims come to: one that is contradicted or shown to be negligible differs from the paper. */
export function claimsCode(verdicts: readonly ClaimVerdict[]): number {
  if (verdicts.some(verdict => ['contradicted', 'negligible'].includes(verdict))) return exitCodes.differs;
  return verdicts.includes('inconclusive') ? exitCodes.inconclusive : exitCodes.pass;
}
