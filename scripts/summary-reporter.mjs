import { writeFileSync } from 'node:fs';

/** A vitest reporter that writes counts, and what was skipped and why, to the file RESIDUALS_TEST_SUMMARY. */
export default class SummaryReporter {
  #reasons = new Set();

  /** Tests that cannot run here say so on the console. */
  onUserConsoleLog({ content }) {
    for (const line of content.split('\n')) if (/\bskipped\b/i.test(line)) this.#reasons.add(line.trim());
  }

  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const skipped = new Map();
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        counts[state === 'passed' || state === 'failed' ? state : 'skipped']++;
        if (state === 'passed' || state === 'failed') continue;
        const what = `${module.relativeModuleId}: ${test.parent.type === 'suite' ? test.parent.fullName : test.name}`;
        skipped.set(what, [...(skipped.get(what) ?? []), note ?? test.name]);
      }
    }
    const report = {
      ...counts,
      skips: [...skipped].map(([what, tests]) => ({ what, tests })),
      reasons: [...this.#reasons],
    };
    writeFileSync(process.env.RESIDUALS_TEST_SUMMARY, JSON.stringify(report));
  }
}
