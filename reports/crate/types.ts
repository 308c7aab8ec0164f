/** Names of the files of a crate that say what it is. */
export const metadataFile = 'ro-crate-metadata.json';
export const contentsFile = 'residuals.json';

/** What a crate holds, for running it again. */
export interface CrateContents {
  version: 1;
  experiment: string;
  targets: CrateTarget[];
}

/** A table or figure of a crate, and the keys of the runs that it rests on. */
export interface CrateTarget {
  name: string;
  profile: string;
  backend: string;
  runs: string[];
}

/** Contents of the files of a crate, by path. */
export type CrateFiles = Map<string, Uint8Array>;
