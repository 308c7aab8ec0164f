import { describe, expect, it } from 'vitest';
import { quoted, unsafeCharacter, visible } from './text.ts';

describe('a value in a message', () => {
  it('is JSON', () => {
    expect(quoted('ResNet-20 "A"')).toBe('"ResNet-20 \\"A\\""');
    expect(quoted({ sizes: [224, 256] })).toBe('{"sizes":[224,256]}');
    expect(quoted(undefined)).toBe('undefined');
  });

  it('cannot move the cursor, change colours or turn the line around', () => {
    expect(quoted('\u001b[2J')).toBe('"\\u001b[2J"');
    expect(quoted('\u009b2J\u202egnp.exe\u2028')).toBe('"\\u009b2J\\u202egnp.exe\\u2028"');
  });

  it('is not shown to its end', () => {
    expect(quoted('x'.repeat(1000))).toMatch(/^"x{399}…"$/);
    expect(quoted(new Array(1000).fill(1))).toHaveLength(401);
  });
});

describe('a message', () => {
  it('keeps its lines and shows what a terminal could obey', () => {
    expect(visible('a\nb\u001b[2J\tc\u202e')).toBe('a\nb\\u001b[2J\\u0009c\\u202e');
    expect(visible('6.43 (6.61±0.16), 残差, 🐈')).toBe('6.43 (6.61±0.16), 残差, 🐈');
  });
});

describe('an unsafe character', () => {
  it.each(['\n', '\r', '\t', '\0', '\u001b', '\u007f', '\u009b', '\u2028', '\u2066', '\ufeff', '\ud800'])(
    '%j is named by its escape',
    character => {
      const code = character.charCodeAt(0).toString(16).padStart(4, '0');
      expect(unsafeCharacter(`Table ${character}6`)).toBe(`\\u${code}`);
    },
  );

  it('is none of what papers print', () => {
    for (const text of [
      '6.43 (6.61±0.16)',
      '3×3, 64',
      '8.43†',
      'œuvre',
      '残差',
      '🐈',
      'N(0, 2 / fan-in)',
      'क्‍ष',
    ])
      expect(unsafeCharacter(text), text).toBeUndefined();
  });
});
