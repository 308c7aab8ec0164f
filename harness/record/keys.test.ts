import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cifar10Digest } from '../../ml/data/cifar10/files.ts';
import { loadTargets } from '../manifest/load.ts';
import { canonicalJson, runKey } from './keys.ts';
import type { RunIdentity } from './types.ts';

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

/**
 * Keys of seed 1 on the default backend. They are what records are found by: when one of them changes, all that was
 * computed before is computed again. Change them only together with what makes the results differ.
 */
const keysOfTable6 = {
  paper: {
    'ResNet-20': 'bf4379691d102a8e11abb423fcc010eef7fb9cca4ab5df032d46a3a5a7479035',
    'ResNet-32': 'af17a536f99b9f14fd45e2f8e4a886d6ee34f124eb9bf0b9d9ddc1f4f8cd36ba',
    'ResNet-44': '437df7df7f99b79a2078372f276d7b0a5bed6230cc930e9845fcec217150ad93',
    'ResNet-56': 'b4243962fb59210410cc8587f2311efe6267e0eb1f8e5738908c4157768a3d23',
    'ResNet-110': 'c878d551f4e38dcab2d680d94b95897dcd4c3d7773d8f3806ec42be4c3f71d4e',
    'ResNet-1202': 'a27b417e99be811245c6825dc00e0a9834ec5423d4892acf194269e1e2118584',
  },
  mini: {
    'ResNet-20': '943ffead23db582708457d0ac4f5966bed89af4013c94ddf10ac5415cee7ec06',
    'ResNet-32': 'd7af9c994638f7e4dbb68ae64e3446540a198e71b383ff997669f476524ecbae',
    'ResNet-44': 'f67aa14f2e9dba926d7889d5fdcc41cb9cc24d5f1233035302e8dfa6ca2642ea',
    'ResNet-56': '5f717bc951458bf603ccfa4abb86e2bbf504ba678c55a940ced0810e5a2404ca',
    'ResNet-110': '9656283c3a3fa77caa8a156c0d5bbb3dd76c55877906785b456011e9950518eb',
    'ResNet-1202': 'd58054598ad67fa590770c917801978c45e05e26a6fbadcba4e36ea037ff0691',
  },
};

it.each(['paper', 'mini'] as const)('the keys of Table 6 under %s are what they were', async profile => {
  const [target] = await loadTargets(['table6'], profile);
  const identity = { seed: 1, data: cifar10Digest, backend: 'onnxruntime', numerics: 1 };
  const keys = target!.networks.map(({ name, spec }) => [name, runKey({ spec, ...identity })]);
  expect(Object.fromEntries(keys)).toEqual(keysOfTable6[profile]);
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
