import type { EvidenceJob } from '../harness/aggregate/evidence.ts';
import type { Target } from '../harness/manifest/types.ts';

/** What a page is derived from, as the check reads it. */
export interface TargetData {
  folder: string;
  target: Target;
  command: string;
  /** Jobs that the page shows, and those that its verdicts are shared with; with the digests of their records. */
  jobs: DataJob[];
  beside: DataJob[];
  /** What the page prints: from a disk no page can read another. */
  printed: Printed;
}

/** A job and the SHA-256 of the text of its record. */
export type DataJob = EvidenceJob & { sha256: string };

/** What a page prints that is derived: rows of its table and of its claims, and of the evidence of each cell. */
export interface Printed {
  table: string[][];
  claims: string[][];
  /** Of a picture: what it shows, in words. */
  picture: string | null;
  /** Seed and value of each run, by the cell's id. */
  evidence: Record<string, string[][]>;
}
