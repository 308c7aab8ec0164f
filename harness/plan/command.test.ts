import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../ml/shell.ts';
import { commandOf, seedsText } from './command.ts';

describe('a command', () => {
  it('has all that decides results after a bare --, quoted for a shell', () => {
    const options = {
      profile: 'paper',
      seeds: [1, 2, 3],
      rows: ['ResNet-34 A', "it's"],
      backend: 'onnxruntime',
    };
    expect(commandOf(['table3'], options)).toBe(
      "npm run reproduce table3 -- --profile paper --seeds 3 --rows 'ResNet-34 A,it'\\''s'",
    );
    expect(commandOf(['table6'], { backend: 'reference', variant: 'loops' }, ['--force'])).toBe(
      'npm run reproduce table6 -- --backend reference --variant loops --force',
    );
    expect(commandOf([], { all: true })).toBe('npm run reproduce -- --all');
    expect(shellWord('$(rm -rf ~)')).toBe("'$(rm -rf ~)'");
    expect(shellWord("it's\n\u001b[31m\\")).toBe("$'it\\'s\\x0a\\x1b[31m\\\\'");
    expect(shellWord('a\u202eb')).toBe("$'a\\U0000202eb'");
  });

  it.each([
    [[1], '1'],
    [[1, 2, 3], '3'],
    [[7], '7-7'],
    [[4, 5, 6, 1001], '4-6,1001'],
    [[2, 4], '2,4'],
  ])('names the seeds %j as %s', (seeds, text) => {
    expect(seedsText(seeds)).toBe(text);
  });

  it('names any set of seeds so that it reads back the same', async () => {
    const { optionTable } = await import('../../cli/options.ts');
    const sets = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sets, seeds => {
        const ascending = [...seeds].sort((a, b) => a - b);
        expect(optionTable.seeds.parse(seedsText(ascending))).toEqual(ascending);
      }),
    );
  });
});
