import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTargets } from '../manifest/load.ts';
import type { RunIdentity } from '../record/types.ts';
import { canonicalJson, runKey } from './keys.ts';

/** JSON values without -0, which JSON writes as 0. */
const json = fc.jsonValue().map(value => JSON.parse(JSON.stringify(value)) as unknown);

describe('canonical JSON', () => {
  it('reads back as the same value', () => {
    fc.assert(
      fc.property(json, value => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, value => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('differs when values differ', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        let same = true;
        try {
          expect(a).toEqual(b);
        } catch {
          same = false;
        }
        expect(canonicalJson(a) === canonicalJson(b)).toBe(same);
      }),
    );
  });

  it('is fixed to the letter', () => {
    expect(canonicalJson({ b: [1e-5, 0.1, -2, 1e21], a: { 'ä"': null, Z: true } })).toBe(
      '{"a":{"Z":true,"ä\\"":null},"b":[0.00001,0.1,-2,1e+21]}',
    );
  });

  it.each([
    ['undefined', { a: [1, { b: undefined }] }, /value\.a\[1\]\.b has no canonical JSON: undefined/],
    ['NaN', [Number.NaN], /value\[0\].*NaN/],
    ['an infinity', { x: Number.POSITIVE_INFINITY }, /value\.x.*Infinity/],
    ['a function', { f: () => 1 }, /value\.f/],
    ['a hole', new Array(2), /value\[0\].*undefined/],
    ['a date', { at: new Date(0) }, /value\.at.*Date/],
    ['a typed array', new Uint8Array(2), /Uint8Array/],
  ])('refuses %s', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });
});

describe('the key of a run', () => {
  it('is the SHA-256 of the canonical JSON', async () => {
    const identity = await identityOf('ResNet-20');
    expect(runKey(identity)).toMatch(/^[0-9a-f]{64}$/);
    expect(runKey(reversed(identity) as RunIdentity)).toBe(runKey(identity));
  });

  it('changes with everything that the identity holds', async () => {
    const identity = await identityOf('ResNet-110');
    const keys = [identity, ...variants(identity)].map(variant => runKey(variant as RunIdentity));
    expect(keys.length).toBeGreaterThan(30);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

async function identityOf(name: string): Promise<RunIdentity> {
  const [target] = await loadTargets(['table6'], 'paper');
  const { spec } = target!.networks.find(network => network.name === name)!;
  return { spec, seed: 1, data: 'd', backend: 'reference', numerics: 1 };
}

/** The value with each of its leaves changed, one at a time. */
function variants(value: unknown): unknown[] {
  if (typeof value === 'number') return [value + 1];
  if (typeof value === 'string') return [`${value}x`];
  if (typeof value === 'boolean') return [!value];
  if (Array.isArray(value))
    return value.flatMap((item, i) => variants(item).map(changed => value.with(i, changed)));
  if (value === null) return [{}];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    variants(inner).map(changed => ({ ...(value as object), [key]: changed })),
  );
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
