import { describe, expect, test } from 'vitest';
import { withFix } from './errors.ts';

describe('an error in a terminal', () => {
  test('is wrapped between words, each line of a list by itself', () => {
    expect(withFix('one two three\n  four five six', undefined, 12)).toBe(
      'one two\n  three\n  four five\n    six',
    );
  });

  test('has the fix on one line where that fits, with its comment', () => {
    expect(withFix('Wrong.', 'npm run ls   # lists the runs', 60)).toBe(
      'Wrong.\n\n  fix: npm run ls   # lists the runs',
    );
  });

  test('has a longer fix in lines that a shell reads as one command, and what is said of it below', () => {
    expect(withFix('Wrong.', 'npm run ls -- --store /a/long/folder   # lists the runs', 40)).toBe(
      [
        'Wrong.',
        '',
        '  fix: npm run ls -- \\',
        '      --store /a/long/folder',
        '       # lists the runs',
      ].join('\n'),
    );
  });

  test('has no backslashes in a fix that is a sentence', () => {
    expect(withFix('Wrong.', 'use --experiment with one of a, b, c, d', 30)).toBe(
      'Wrong.\n\n  fix: use --experiment with\n  one of a, b, c, d',
    );
  });

  test('shows what a file name or a record holds, and does not obey it', () => {
    expect(withFix('a\u001b[31mb\u009b2Jc: cannot\u202e be read', 'ls \u001b]0;t\u0007x', Infinity)).toBe(
      'a\\u001b[31mb\\u009b2Jc: cannot\\u202e be read\n\n  fix: ls \\u001b]0;t\\u0007x',
    );
  });
});
