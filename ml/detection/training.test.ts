import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feeds, InputSpec } from '../program.ts';
import { anchorsOf, labelled } from './anchors.ts';
import { featureMapOf } from './backbones.ts';
import { anchorsOn, ProposalBatches, RegionBatches, writeCells } from './batches.ts';
import { type Box, decoded, encoded, overlap } from './boxes.ts';
import { offsetUnits } from './detect.ts';
import { channelMeans, type DetectionImages, mirrored, writeImage } from './images.ts';
import { buildDetectionProgram, type DetectionProgramSpec } from './program.ts';
import { proposalsOf, recallOf } from './proposals.ts';
import { Regions, sidesOf } from './regions.ts';
import { mostInBin } from './roi-bins.ts';
import { sampleAnchors, sampleRegions } from './sampling.ts';

const stream = { seed: 1, purpose: 'sampling', epoch: 0, index: 3 } as const;
const box = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 3, max: 17 }))
  .map(([x, y, side]): Box => [x, y, x + side, y + side]);

describe('anchors that are drawn', () => {
  const grid = { rows: 6, columns: 6, stride: 8, sides: [8, 16], ratios: [0.5, 1] };
  const anchors = anchorsOf(grid);

  it('are as many as asked for at most, half of them of objects at most, each once', () => {
    fc.assert(
      fc.property(fc.array(box, { maxLength: 4 }), fc.integer({ min: 2, max: 40 }), (objects, count) => {
        const labels = labelled(anchors, objects, { width: 48, height: 48, positive: 0.5, negative: 0.3 });
        const { objects: own, background } = sampleAnchors(labels, anchors, objects, count, stream);
        expect(own.length).toBeLessThanOrEqual(Math.floor(count / 2));
        expect(own.length + background.length).toBeLessThanOrEqual(count);
        const drawn = [...own.map(({ anchor }) => anchor), ...background];
        expect(new Set(drawn).size).toBe(drawn.length);
        for (const anchor of background) expect(labels[anchor]).toBe('background');
        for (const { anchor, offsets } of own) {
          const object = objects[labels[anchor] as number]!;
          decoded(offsets, anchors[anchor]!).forEach((side, i) => {
            expect(side).toBeCloseTo(object[i]!, 9);
          });
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are the same whenever they are drawn, and others in another epoch', () => {
    const objects: Box[] = [[4, 4, 20, 20]];
    const labels = labelled(anchors, objects, { width: 48, height: 48, positive: 0.5, negative: 0.3 });
    const draw = (epoch: number) => sampleAnchors(labels, anchors, objects, 16, { ...stream, epoch });
    expect(draw(0)).toEqual(draw(0));
    expect(draw(1).background).not.toEqual(draw(0).background);
  });
});

describe('regions that are drawn', () => {
  it('are exactly as many, and of the object that they overlap most by enough', () => {
    fc.assert(
      fc.property(
        fc.array(box, { minLength: 1, maxLength: 20 }),
        fc.array(box, { maxLength: 4 }),
        (proposals, objects) => {
          const rule = { count: 12, foreground: 0.25, positive: 0.5 };
          const drawn = sampleRegions(proposals, objects, rule, stream);
          expect(drawn).toHaveLength(12);
          const own = drawn.filter(({ object }) => object !== null);
          const isBackground = (region: Box) => objects.every(each => overlap(each, region) < 0.5);
          if (proposals.some(isBackground)) expect(own.length).toBeLessThanOrEqual(3);
          for (const { region, object, offsets } of drawn) {
            const overlaps = objects.map(each => overlap(each, region));
            if (object === null) expect(Math.max(0, ...overlaps)).toBeLessThan(0.5);
            else {
              expect(overlaps[object]).toBe(Math.max(...overlaps));
              expect(offsets).toEqual(encoded(objects[object]!, region));
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('hold the objects themselves', () => {
    const drawn = sampleRegions(
      [[0, 0, 5, 5]],
      [[20, 20, 30, 30]],
      { count: 8, foreground: 0.25, positive: 0.5 },
      stream,
    );
    expect(drawn.filter(({ object }) => object === 0).map(({ region }) => region)).toEqual([
      [20, 20, 30, 30],
    ]);
  });
});

describe('proposals', () => {
  const anchors = anchorsOf({ rows: 2, columns: 2, stride: 8, sides: [6], ratios: [1] });
  const rule = { before: 10, after: 10, overlap: 0.7, side: 2 };

  it('are anchors, moved and clipped, best first', () => {
    const logits = Float32Array.of(1, 3, 2, -1);
    const offsets = new Float32Array(16);
    offsets[1] = 1; // dx of position 1: a side to the right, out of all but a pixel of the image
    const { boxes, scores } = proposalsOf({ logits, offsets }, { anchors, perPosition: 1 }, [16, 16], rule);
    expect(scores).toEqual([2, 1, -1]);
    expect(boxes.map(each => each.map(side => Math.round(1000 * side) / 1000))).toEqual([
      [1, 9, 7, 15],
      [1, 1, 7, 7],
      [9, 9, 15, 15],
    ]);
    const narrow = { ...rule, side: 1 };
    const all = proposalsOf({ logits, offsets }, { anchors, perPosition: 1 }, [16, 16], narrow);
    expect(all.boxes[0]!.map(Math.round)).toEqual([15, 1, 16, 7]);
  });

  it('of equal places are told by the better one', () => {
    const same = [anchors[0]!, anchors[0]!, anchors[0]!, anchors[3]!];
    const outputs = { logits: Float32Array.of(1, 5, 2, 0), offsets: new Float32Array(16) };
    const { scores } = proposalsOf(outputs, { anchors: same, perPosition: 1 }, [16, 16], rule);
    expect(scores).toEqual([5, 0]);
  });

  it('recall the objects that they overlap by half', () => {
    const proposals = new Regions([sidesOf([[0, 0, 10, 10]]), sidesOf([])]);
    expect(recallOf(proposals, [[[0, 0, 10, 6]], [[0, 0, 4, 4]]])).toBe(0.5);
    expect(recallOf(new Regions([sidesOf([])]), [[]])).toBe(0);
  });
});

describe('images', () => {
  it('are written with their mean subtracted and zero around them, mirrored within themselves', async () => {
    const images = twoImages();
    expect([...(await channelMeans(images))]).toEqual([29.5, 30.5, 31.5]);
    const out = new Float32Array(3 * 64 * 2);
    await writeImage(images, 0, Float32Array.of(1, 2, 3), true, out, 1);
    expect(out.subarray(0, 192).every(value => value === 0)).toBe(true);
    const first = out.subarray(192, 192 + 64);
    expect([first[0], first[3], first[4], first[8]]).toEqual([2, -1, 0, 10]);
    expect(mirrored([1, 2, 3, 5], 8)).toEqual([5, 2, 7, 5]);
  });
});

describe('programs of a detector', () => {
  it.each(['proposals', 'regions'] as const)('%s: hold what is held, and train the rest', half => {
    const own = buildDetectionProgram({ ...spec, half });
    const shared = buildDetectionProgram({ ...spec, half, shared: true });
    const trained = own.parameters.map(({ name }) => name);
    expect(trained).toContain('conv1.weight');
    expect(trained.some(name => name.includes('.bn.'))).toBe(false);
    expect(own.statistics.map(({ name }) => name)).toContain('conv1.bn.scale');
    const held = shared.parameters.map(({ name }) => name);
    expect(held.some(name => /^conv[12]/.test(name))).toBe(false);
    expect(held.some(name => name.startsWith('conv4_'))).toBe(half === 'regions');
    const all = (program: typeof own) =>
      [...program.parameters, ...program.statistics].map(({ name }) => name).sort();
    expect(all(shared)).toEqual(all(own));
  });

  it('say what a step takes, in the order of its graph', () => {
    for (const half of ['proposals', 'regions'] as const) {
      const program = buildDetectionProgram({ ...spec, half });
      const { graph } = program.train();
      const fed = graph.inputs.filter(({ kind }) => kind !== 'parameter' && kind !== 'statistic');
      expect(fed.map(({ value }) => value.name)).toEqual(Object.keys(program.inputs));
      for (const { value } of fed) expect(value.shape).toEqual(program.inputs[value.name]!.shape);
    }
  });
});

describe('batches', () => {
  const images = twoImages();
  const map = featureMapOf(spec, 8);
  const common = {
    images,
    means: new Float32Array(3),
    seed: 1,
    batch: 2,
    flip: false,
    map,
    detector: spec.detector,
  };

  it('of proposals weigh every anchor that is drawn alike', async () => {
    const batches = new ProposalBatches({ ...common, count: 6, positive: 0.5, negative: 0.3 });
    const feeds = feedsOf(buildDetectionProgram({ ...spec, half: 'proposals' }).inputs);
    await batches.fill(0, feeds);
    const { objectness, objectnessWeights, offsetWeights } = feeds as Record<string, Float32Array>;
    const sum = objectnessWeights!.reduce((a, b) => a + b);
    expect(sum).toBeCloseTo(1, 6);
    const positive = objectness!.reduce((a, b) => a + b);
    expect(positive).toBeGreaterThan(0);
    expect(offsetWeights!.filter(weight => weight > 0)).toHaveLength(4 * positive);
  });

  it('of regions have offsets of the object alone, in their units', async () => {
    const detector = { ...spec.detector, context: true };
    const program = buildDetectionProgram({ ...spec, half: 'regions', detector });
    const sampling = { count: 4, foreground: 0.5, positive: 0.5 };
    const proposals = new Regions([sidesOf([[0, 0, 4, 4]]), sidesOf([])]);
    const batches = new RegionBatches({ ...common, detector, classes: 3, sampling, proposals });
    const feeds = feedsOf(program.inputs);
    await batches.fill(0, feeds);
    const labels = [...(feeds.labels as Int32Array)];
    const weights = feeds.offsetWeights as Float32Array;
    labels.forEach((label, row) => {
      const own = [...weights.subarray(12 * row, 12 * (row + 1))];
      const expected = Array.from({ length: 12 }, (_, i) => label > 0 && Math.floor(i / 4) === label - 1);
      expect(own.map(weight => weight > 0)).toEqual(expected);
    });
    expect(labels.some(label => label > 0)).toBe(true);
    expect(offsetUnits).toEqual([0.1, 0.1, 0.2, 0.2]);
    expect([...(feeds.whole as Int32Array)]).toEqual([8, 8, 8, 8, 9, 9, 9, 9]);
  });

  it('pool the cells of the image that a region is of', () => {
    const perRegion = spec.detector.bins ** 2 * mostInBin(map, spec.detector.bins);
    const cells = new Int32Array(4 * perRegion);
    const extents = [[8, 8] as const, [8, 8] as const];
    writeCells(
      [[[0, 0, 8, 8]], [[0, 0, 4, 4]]],
      extents,
      { map, detector: spec.detector, perImage: 2 },
      { cells },
    );
    const positions = map.rows * map.columns;
    expect(Math.max(...cells.subarray(0, 2 * perRegion))).toBeLessThan(positions);
    expect(Math.min(...cells.subarray(2 * perRegion))).toBeGreaterThanOrEqual(positions);
    // The second region of each image is a filler: the whole image.
    expect(cells.subarray(perRegion, 2 * perRegion)).toEqual(cells.subarray(0, perRegion));
  });

  it('anchors are those of the map', () => {
    expect(anchorsOn(map, spec.detector)).toHaveLength(map.rows * map.columns * 4);
  });
});

const spec = {
  half: 'regions',
  network: {
    family: 'residual',
    block: 'basic',
    blocks: [1, 1, 1],
    widths: [4, 6, 8],
    shortcut: 'A',
    strideIn: 'first1x1',
    stem: 'small',
    classes: 10,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    init: { convolution: 'he', classifier: 0.01 },
  },
  detector: { anchors: { sides: [3, 6], ratios: [0.5, 1] }, filters: 5, bins: 2, held: [], context: false },
  classes: 3,
  shared: false,
  imageSize: 8,
  sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
  trainBatch: 2,
  evaluationBatch: 2,
  trainRegions: 4,
  evaluationRegions: 3,
} as const satisfies DetectionProgramSpec;

/** Images of 4 x 8 and 8 x 8 pixels in squares of 8, whose pixels count up. */
function twoImages(): DetectionImages {
  const pixels = new Uint8Array(2 * 3 * 64);
  const extents = [
    [4, 8],
    [8, 8],
  ] as const;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 4; x++) pixels[channel * 64 + y * 8 + x] = 8 * y + x + channel;
      for (let x = 0; x < 8; x++) pixels[(3 + channel) * 64 + y * 8 + x] = 8 * y + (x % 4) + channel;
    }
  }
  const objects = [
    [{ class: 0, box: [0, 0, 4, 4] as Box, difficult: false }],
    [{ class: 2, box: [2, 2, 7, 7] as Box, difficult: false }],
  ];
  return {
    count: 2,
    size: 8,
    square: image => pixels.subarray(image * 192, (image + 1) * 192),
    extents,
    scales: [1, 1],
    objects,
  };
}

function feedsOf(inputs: Readonly<Record<string, InputSpec>>): Feeds {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type, shape }]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [name, type === 'int32' ? new Int32Array(length) : new Float32Array(length)];
    }),
  );
}
