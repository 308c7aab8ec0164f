import { describe, expect, it } from 'vitest';
import { jsonText, quoted, unsafeCharacter, visible, withoutUnsafe } from './text.ts';

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

describe('JSON for programs', () => {
  it('has the same value, and nothing that a terminal obeys', () => {
    const value = { text: 'a\u009b2J\u202eb\u{e0041}\n\ud800', list: [1, null] };
    const text = jsonText(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain('a\\u009b2J\\u202eb\\udb40\\udc41\\n\\ud800');
    expect(text.split('\n')).toHaveLength(7);
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

  it.each(['\u00ad', '\u034f', '\u061c', '\u180e', '\u200b', '\u2060', '\u3164', '\ufff9', '\u{e0041}'])(
    'is also one that nobody sees: %j',
    character => {
      expect(unsafeCharacter(`a${character}`)).toMatch(/^(\\u[0-9a-f]{4}){1,2}$/);
      expect(withoutUnsafe(`a${character}b`)).toBe('ab');
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
      '⚠️',
      '👩‍🔬',
      'N(0, 2 / fan-in)',
      'क्‍ष',
    ])
      expect(unsafeCharacter(text), text).toBeUndefined();
  });
});
