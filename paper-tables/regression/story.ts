/** What a regression has found, in words: every format of output shows the same. */
export interface Story {
  /** `Regression` or `Night 12`, and what came of it: `nothing moved`. */
  title: string;
  headline: string;
  outcome: 'same' | 'moved' | 'open';
  experiment: string;
  profile: string;
  /** Results that moved, or may have. */
  rows: readonly StoryRow[];
  /** Sentences: what changed and where, and what was done to tell why. */
  details: readonly string[];
  commands: readonly { says: string; command: string }[];
  /** What everything was computed with. */
  machine: string;
  /** One for each result, for JUnit. */
  cases: readonly StoryCase[];
}

/** A result that moved, or may have. */
export interface StoryRow {
  network: string;
  measure: string;
  before: string;
  now: string;
  difference: string;
  verdict: string;
}

/** A result as a test. `skipped`: too little is known of it. */
export interface StoryCase {
  network: string;
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Stands alone: some readers show nothing else. */
  text: string;
}
