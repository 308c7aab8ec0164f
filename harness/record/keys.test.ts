import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cifar10Digest } from '../../ml/data/cifar10/files.ts';
import type { JsonSchema } from '../../ml/schema.ts';
import { identityOf, tinySpec } from '../execute/jobs.fixture.ts';
import { networksOf } from '../manifest/types.ts';
import { trainSchema } from '../tasks/classification/spec.ts';
import { withDefaults, withoutDefaults } from '../tasks/schema.ts';
import { canonicalJson, digestOf, jobKey } from './keys.ts';
import { evaluationIdentity, recordOf } from './records.fixture.ts';
import { explicit } from './schema.ts';
import { type JobIdentity, type TrainIdentity, version } from './types.ts';
import { keyIn1 } from './version1.ts';

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
    [
      'half of a surrogate pair',
      { a: 'x\uDEAD' },
      /value\.a has no canonical JSON: half of a surrogate pair/,
    ],
    ['half of one in a key', { 'x\uD83D': 1 }, /value has no canonical JSON: half of a surrogate pair/],
  ])('refuses %s', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

/** The examples of RFC 8785, JSON Canonicalization Scheme. */
describe('RFC 8785', () => {
  it('3.2.2 and 3.2.4: literals, numbers and strings, as UTF-8', () => {
    const input = `{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`;
    const canonical = canonicalJson(JSON.parse(input));
    expect(canonical).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(Buffer.from(canonical).toString('hex')).toBe(
      [
        '7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72',
        '75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a',
        '5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31',
        '65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37',
        '5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30',
        '30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d',
      ]
        .join(' ')
        .replaceAll(' ', ''),
    );
  });

  it('3.2.3: keys in the order of their UTF-16 code units', () => {
    const input = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const values = [...canonicalJson(input).matchAll(/:"([^"]*)"/g)].map(([, value]) => value);
    expect(values).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('appendix B: %s is %s', (hex, expected) => {
    expect(canonicalJson(Buffer.from(hex, 'hex').readDoubleBE())).toBe(expected);
  });

  it.each(['7fffffffffffffff', '7ff0000000000000'])('appendix B: %s is an error', hex => {
    expect(() => canonicalJson(Buffer.from(hex, 'hex').readDoubleBE())).toThrow(TypeError);
  });
});

describe('the key of a job', () => {
  const identity = identityOf();

  it('is the SHA-256 of the canonical JSON of its identity, what is at its default left out', () => {
    expect(jobKey(identity)).toMatch(/^[0-9a-f]{64}$/);
    expect(jobKey(reversed(identity) as TrainIdentity)).toBe(jobKey(identity));
    const {
      statisticsBatches: _,
      tests: __,
      gradients: ___,
      state: _______,
      ...evaluation
    } = tinySpec.evaluation;
    const { family: ____, strideIn: _____, ...network } = tinySpec.network;
    const { replicas: ______, ...optimiser } = tinySpec.optimiser;
    const spec = { ...tinySpec, network, optimiser, evaluation };
    expect(jobKey(identity)).toBe(digestOf({ ...identity, spec }));
  });

  it('is fixed: what was recorded yesterday is found tomorrow', () => {
    expect(jobKey(identity)).toBe('11011baced021d47e59ba78e35478340b61583bd53e74798da5fb4518ea974df');
    expect(jobKey(evaluationIdentity(tinySpec))).toBe(
      '98c0d5b89e5a3e1dcfa45d575b9bfd622fcef3fc13b696e30375cb2d3b232bb2',
    );
  });

  it.each([
    ['a training', identity],
    ['an evaluation', evaluationIdentity(tinySpec)],
  ])('of %s changes with everything that its identity holds', (_, of) => {
    const keys = [of, ...variants(of)].map(variant => digestKey(variant as JobIdentity));
    expect(keys.length).toBeGreaterThan(25);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same whether fields at their default are there or not', () => {
    const paths = optional(trainSchema, explicit(identity).spec);
    expect(paths.map(path => path.join('.'))).toEqual([
      'network.family',
      'network.strideIn',
      'optimiser.replicas',
      'evaluation.gradients',
      'evaluation.statisticsBatches',
      'evaluation.state',
      'evaluation.tests',
    ]);
    for (const path of paths) {
      const without = { ...identity, spec: omit(identity.spec, path) } as TrainIdentity;
      expect(jobKey(without)).toBe(jobKey(identity));
      expect(explicit(without)).toEqual(identity);
    }
  });

  it('knows nothing of what is shown: name of the network, who asked, where it ran', () => {
    const record = recordOf(identity);
    const elsewhere = recordOf(identity, {
      network: 'ResNet-8 (v2)',
      provenance: { command: 'x', cpu: 'another' },
    });
    expect(elsewhere.key).toBe(record.key);
  });

  it('stays as it was when the schema gets a new field with a default, wherever it comes', () => {
    const places = objectsIn(trainSchema);
    expect(places.length).toBeGreaterThan(8);
    const spec = {
      ...tinySpec,
      evaluation: { ...tinySpec.evaluation, tests: [{ name: 'tenCrop', pad: 1 }] },
    };
    for (const place of places) {
      for (const preset of [0, 'none', false, null, [], { a: 1, b: [2] }]) {
        const later = withField(trainSchema, place, preset) as JsonSchema;
        const before = withoutDefaults(trainSchema, spec);
        expect(withoutDefaults(later, spec)).toEqual(before);
        expect(withoutDefaults(later, withDefaults(later, spec))).toEqual(before);
      }
    }
  });

  it('changes once such a field is set', () => {
    const later = withField(trainSchema, ['properties', 'network'], 0) as JsonSchema;
    const spec = { ...tinySpec, network: { ...tinySpec.network, added: 1 } };
    expect(withoutDefaults(later, spec)).not.toEqual(withoutDefaults(later, tinySpec));
  });
});

/**
 * Keys of seed 1 on the default backend, in version 1 and now. They are what records are found by: when one of them changes,
 * all that was computed before is computed again. Change them only together with what makes the results differ.
 */
const keysOfTable6 = {
  paper: {
    'ResNet-20': [
      'bf4379691d102a8e11abb423fcc010eef7fb9cca4ab5df032d46a3a5a7479035',
      'e06e1e840ac51abf4c96f91fe95f211d6f262142659ac76049186948fe4a2410',
    ],
    'ResNet-32': [
      'af17a536f99b9f14fd45e2f8e4a886d6ee34f124eb9bf0b9d9ddc1f4f8cd36ba',
      '369ae33954f30fc2d387f705bd21144f824113f1ca1e62878439b75ba33cffba',
    ],
    'ResNet-44': [
      '437df7df7f99b79a2078372f276d7b0a5bed6230cc930e9845fcec217150ad93',
      '365a1322cca7ad999b70d2ef9eb3de2767f2d20afb8b3a4d31429b3145a79608',
    ],
    'ResNet-56': [
      'b4243962fb59210410cc8587f2311efe6267e0eb1f8e5738908c4157768a3d23',
      'e9e22526f7272514876e338b2ae1d6701f706ef914c34c1646a679987acc2309',
    ],
    'ResNet-110': [
      'c878d551f4e38dcab2d680d94b95897dcd4c3d7773d8f3806ec42be4c3f71d4e',
      '0fea8beec1671121738b98312d10cd9dc16bd1a3f8af3e8dd3017970f74918cf',
    ],
    'ResNet-1202': [
      'a27b417e99be811245c6825dc00e0a9834ec5423d4892acf194269e1e2118584',
      'c40a5d0eec0c9e22a2678c0a28e40555c020440dcbcd66db6a0e2486b9edb9a9',
    ],
  },
  mini: {
    'ResNet-20': [
      '943ffead23db582708457d0ac4f5966bed89af4013c94ddf10ac5415cee7ec06',
      '7cfc1a44aa99bc97605abf7460df025102d768fd0c4a886d32c555b8011350a5',
    ],
    'ResNet-32': [
      'd7af9c994638f7e4dbb68ae64e3446540a198e71b383ff997669f476524ecbae',
      '81b7aa13b6cf98356d76ea5128130ed9ef214f74c597e8d3b3977e268cf17041',
    ],
    'ResNet-44': [
      'f67aa14f2e9dba926d7889d5fdcc41cb9cc24d5f1233035302e8dfa6ca2642ea',
      '073436af5ed895ab3ef8781312f49095a1a7ed9a7cf102be36cca4ac7ac10ade',
    ],
    'ResNet-56': [
      '5f717bc951458bf603ccfa4abb86e2bbf504ba678c55a940ced0810e5a2404ca',
      '7fbc8ee03092d2d0eef558ddede92406b3ad8b6d3d42d188289ec62de678fb0d',
    ],
    'ResNet-110': [
      '9656283c3a3fa77caa8a156c0d5bbb3dd76c55877906785b456011e9950518eb',
      'ab59b3500df03b794977cb98ad0699147b54633fd971c7f68dfc7ec0d049d5db',
    ],
    'ResNet-1202': [
      'd58054598ad67fa590770c917801978c45e05e26a6fbadcba4e36ea037ff0691',
      '0272b51e2c9e08de09d3ddc6c3d2b1eb5f4f5ad2cfcbe7c8ff445ab846dfdd23',
    ],
  },
};

it.each(['paper', 'mini'] as const)('the keys of Table 6 under %s are what they were', async profile => {
  const { loadTargets } = await import('../manifest/load.ts');
  const [target] = await loadTargets(['table6'], profile);
  const keys = networksOf(target!).map(({ name, task, spec }) => {
    const identity: TrainIdentity = {
      version,
      kind: 'train',
      task,
      spec,
      seed: 1,
      inputs: { data: cifar10Digest },
      backend: 'onnxruntime',
      numerics: 1,
    };
    return [name, [keyIn1(identity), jobKey(identity)]];
  });
  expect(Object.fromEntries(keys)).toMatchObject(keysOfTable6[profile]);
});

/** The key of an identity that need not be valid: a changed task or kind has no schema. */
function digestKey(identity: JobIdentity): string {
  try {
    return jobKey(identity);
  } catch {
    return digestOf(identity);
  }
}

/** Paths of the fields of a value that are at the default of a schema. */
function optional(schema: JsonSchema, value: unknown, path: string[] = []): string[][] {
  return Object.entries((value ?? {}) as Record<string, unknown>).flatMap(([name, inner]) => {
    const property = (schema.oneOf ?? [schema]).map(each => each.properties?.[name]).find(Boolean);
    if (!property) return [];
    const here = JSON.stringify(property.default) === JSON.stringify(inner) ? [[...path, name]] : [];
    const isObject = typeof inner === 'object' && !Array.isArray(inner);
    return [...here, ...(isObject ? optional(property, inner, [...path, name]) : [])];
  });
}

function omit(value: unknown, [first, ...rest]: readonly string[]): unknown {
  const { [first!]: inner, ...others } = value as Record<string, unknown>;
  return rest.length === 0 ? others : { ...others, [first!]: omit(inner, rest) };
}

/** Where in a schema objects with properties are described. */
function objectsIn(schema: unknown, path: string[] = []): string[][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema && (schema as JsonSchema).type === 'object' ? [path] : [];
  return [...own, ...Object.entries(schema).flatMap(([name, inner]) => objectsIn(inner, [...path, name]))];
}

/** The schema with one more field in the object at a place. */
function withField(schema: unknown, [first, ...rest]: readonly string[], preset: unknown): unknown {
  const object = schema as Record<string, unknown>;
  if (first === undefined)
    return { ...object, properties: { ...(object.properties as object), added: { default: preset } } };
  const changed = withField(object[first], rest, preset);
  return Array.isArray(object) ? object.with(Number(first), changed) : { ...object, [first]: changed };
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
