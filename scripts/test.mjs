#!/usr/bin/env node
// `npm test`: installs what is missing, checks types, format and unused code, runs every test, and says at the end what
// was skipped and how to enable it. RESIDUALS_NO_SKIP=1 makes a skip a failure. Arguments go to vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installMissing } from '../cli/install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const problem = await installMissing(root, { dev: true });
if (problem) {
  console.error(problem.join('\n\n  fix: '));
  process.exit(2);
}
const { $ } = await import('zx');
const begin = performance.now();
const quiet = $({ cwd: root, nothrow: true, quiet: true, preferLocal: true });

const checks = [
  ['types', quiet`tsc --noEmit`, 'npm run typecheck'],
  ['format and lint', quiet`biome check .`, 'npx biome check --write .'],
  ['unused code', quiet`knip`, 'npx knip'],
];
let passed = 0;
let failed = 0;
for (const [name, check, fix] of checks) {
  const { exitCode, stdout, stderr } = await check;
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  if (exitCode === 0) passed++;
  else {
    failed++;
    console.log(`${stdout}${stderr}\n  see: ${fix}\n`);
  }
}

const tests = await runTests(process.argv.slice(2));
passed += tests.passed;
failed += tests.failed;

const noSkip = process.env.RESIDUALS_NO_SKIP === '1';
if (tests.skipped > 0) {
  console.log(`\nSkipped ${tests.skipped}${noSkip ? ', which counts as failed (RESIDUALS_NO_SKIP=1)' : ''}:`);
  for (const { what, tests: names } of tests.skips)
    console.log(`  ${what}: ${[...new Set(names)].join('; ')}`);
  for (const reason of tests.reasons) console.log(`  ${reason}`);
  console.log(
    '  PyTorch, TensorFlow.js, LaTeX and WebGPU, on Debian and Ubuntu: npx zx scripts/ci-setup.mjs',
  );
}
console.log(`\nTook ${Math.round((performance.now() - begin) / 1000)} s.`);
console.log(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`);
process.exitCode = failed > 0 || (noSkip && tests.skipped > 0) ? 1 : 0;

/** Runs vitest with its own output, and returns what our reporter counted. */
async function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-tests-'));
  const summary = join(folder, 'summary.json');
  const reporter = join(root, 'scripts/summary-reporter.mjs');
  const shown = $({
    cwd: root,
    nothrow: true,
    stdio: 'inherit',
    preferLocal: true,
    env: { ...process.env, RESIDUALS_TEST_SUMMARY: summary },
  });
  const { exitCode } = await shown`vitest run --reporter=default --reporter=${reporter} ${args}`;
  try {
    const report = JSON.parse(readFileSync(summary, 'utf8'));
    return exitCode !== 0 && report.failed === 0 ? { ...report, failed: 1 } : report;
  } catch {
    return { passed: 0, failed: 1, skipped: 0, skips: [], reasons: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
